"""The address book's own language: bodies, torn pages, and every reading of what the documents leave open."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pytest

from syncjob.emulator import Emulator, Switches
from syncjob.errors import CallRefused, ConfigError, ReplyLost
from syncjob.model import Batch, Change, Json, Verb
from syncjob.remotes import KINDS, auth_for, open_remote
from syncjob.remotes.exotel_contacts import ExotelContacts, body_of
from tests.builders_remote import Say, batch, batch_of, contacts_of, kinds, line, number, ok, serving, sid


def body(change: Change) -> dict[str, Json]:
    (contact,) = json.loads(body_of(batch(change.verb, [change])))["contacts"]
    return dict(contact)


def create(**fields: Json) -> Change:
    return Change(1, "create", 1, number(1), None, fields)


def update(**fields: Json) -> Change:
    return Change(1, "update", 1, number(1), sid(1), fields)


# -- what is sent ------------------------------------------------------------------------------------------------------


def test_a_create_names_the_number_and_an_update_the_sid_alone() -> None:
    assert body(create(tag="vip")) == {"number": number(1), "tag": "vip"}
    assert body(update(tag="vip")) == {"sid": sid(1), "tag": "vip"}


@pytest.mark.parametrize("verb", ["create", "update"])
def test_a_batch_leaves_with_its_length_in_one_piece(verb: Verb) -> None:
    with Emulator() as remote:
        contacts_of(remote).send(sent := batch_of(verb, 300))
        (entry,) = remote.log
        assert entry.headers["content-length"] == str(len(body_of(sent)))
        assert "transfer-encoding" not in entry.headers


def test_every_value_is_a_text_and_custom_field_an_object() -> None:
    sent = body(create(tag=7, email=True, company_name="", custom_field='{"a": [1, 2.5]}'))
    assert sent == {
        "number": number(1),
        "tag": "7",
        "email": "true",
        "company_name": "",
        "custom_field": {"a": [1, 2.5]},
    }
    assert body(update(custom_field={"b": None}))["custom_field"] == {"b": None}
    assert body(update(custom_field=""))["custom_field"] == {}


@pytest.mark.parametrize("nothing", [None, float("nan"), float("inf")])
def test_null_and_nan_are_never_sent(nothing: Json) -> None:
    assert body(update(tag=nothing, email="a@b.example")) == {"sid": sid(1), "email": "a@b.example"}
    assert b"NaN" not in body_of(batch("update", [update(custom_field={"a": nothing})]))


def test_half_a_character_is_sent_as_a_question_mark() -> None:
    assert body(create(tag="a\ud800"))["tag"] == "a?"


@pytest.mark.parametrize(
    "change",
    [
        create(sid="x"),
        update(number="x"),
        create(custom="x"),
        create(custom_field="[1]"),
        Change(1, "update", 1, number(1), None, {"tag": "x"}),
        Change(1, "create", 1, "", None, {"tag": "x"}),
    ],
)
def test_a_change_that_can_not_be_said_is_an_error_of_ours(change: Change) -> None:
    with pytest.raises(ValueError):
        body_of(batch(change.verb, [change]))


# -- pages -------------------------------------------------------------------------------------------------------------


def page(*entries: Json, **metadata: Json) -> Say:
    told = {"count": len(entries), "offset": 0, "limit": 20, "total": len(entries)} | metadata
    return Say(body=json.dumps({"request_id": "r1", "metadata": told, "response": list(entries)}).encode())


def torn_pages() -> list[Say]:
    return [
        page(ok(1), ok(1)),
        page(ok(1), count=2),
        page(ok(1), offset=20),
        page(ok(1), limit=10),
        page(ok(1), total=0),
        page(ok(1), total=None),
        page({"code": 200, "status": "success"}),
        page({"code": 500, "status": "failure"}),
        page("contact"),
        page(*[ok(place) for place in range(21)]),
        Say(body=b'{"response": {"code": 200, "status": "success", "data": {}}}'),
        Say(body=b"{}"),
    ]


@pytest.mark.parametrize("torn", torn_pages())
def test_a_page_that_contradicts_itself_is_read_again_and_at_last_given_up(torn: Say) -> None:
    with serving(torn, torn, page(ok(1), ok(2))) as server:
        assert len(ExotelContacts(line(server.url).transport, "a1").page(0).contacts) == 2
        assert server.asked == ["GET /v2/accounts/a1/contacts?limit=20&offset=0"] * 3
    with serving(torn) as server, pytest.raises(ReplyLost, match="makes no sense"):
        ExotelContacts(line(server.url).transport, "a1").page(0)


def test_a_page_without_echoes_is_a_page() -> None:
    with serving(page(ok(1), count=None, offset=None, limit=None)) as server:
        assert ExotelContacts(line(server.url).transport, "a1").page(0).total == 1


def test_a_404_behind_the_end_is_an_empty_page_of_unknown_total() -> None:
    with Emulator(Switches(past_end="not_found"), contacts=5) as remote:
        found = contacts_of(remote).page(40)
        assert (found.contacts, found.total, len(remote.log)) == ((), -1, 1)


def test_a_first_page_that_is_not_found_is_asked_for_three_times_before_it_means_empty() -> None:
    with Emulator(contacts=5) as remote:
        remote.faults.add("lost_page", times=2)
        assert contacts_of(remote).page(0).total == 5
        remote.faults.add("lost_page", times=3)
        assert contacts_of(remote).page(0).total == 0


# -- what the documents leave open -------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", ["request", "shuffled_successes"])
def test_every_row_gets_its_own_outcome_in_any_order_of_the_reply(order: str) -> None:
    with Emulator(Switches(order=order)) as remote:  # type: ignore[arg-type]
        remote.faults.refuse(number(3), "Invalid PhoneNumber")
        replies = contacts_of(remote).send(batch_of("create", 8))
        assert kinds(replies) == ["done"] * 3 + ["refused"] + ["done"] * 4
        for reply in replies:
            held = remote.store.find(reply.sid or "")
            assert held is None or held.number == number(reply.change_id - 100)


@pytest.mark.parametrize("numbers", ["local", "strict", "echo"])
def test_numbers_are_known_again_however_they_are_stored(numbers: str) -> None:
    with Emulator(Switches(numbers=numbers, order="shuffled")) as remote:  # type: ignore[arg-type]
        assert kinds(contacts_of(remote).send(batch_of("create", 6))) == ["done"] * 6


@pytest.mark.parametrize(("switch", "has_sid"), [("existing", True), ("sid_only", True), ("no_data", False)])
@pytest.mark.parametrize("http", [200, 207, 409])
def test_a_contact_that_is_there_already_is_said_to_exist(switch: str, has_sid: bool, http: int) -> None:
    with Emulator(Switches(duplicate=switch, duplicate_http=http)) as remote:  # type: ignore[arg-type]
        contacts = contacts_of(remote)
        first = contacts.send(batch_of("create", 1))[0]
        alone = contacts.send(batch_of("create", 1))[0]
        assert (alone.kind, alone.sid) == ("exists", first.sid if has_sid else None)
        again = contacts.send(batch_of("create", 3))
        assert kinds(again) == ["exists", "done", "done"]
        assert again[0].sid == (first.sid if has_sid else None)


@pytest.mark.parametrize("deleted_again", ["not_found", "ok_with_entry"])
def test_a_second_delete_finds_it_gone_and_a_read_finds_nothing(deleted_again: str) -> None:
    with Emulator(Switches(deleted_again=deleted_again), contacts=1) as remote:  # type: ignore[arg-type]
        held = remote.store.at(0)
        assert held is not None
        delete = Batch("d", "delete", (Change(1, "delete", -1, held.number, held.sid, {}),))
        assert kinds(contacts_of(remote).send(delete)) == ["done"]
        assert kinds(contacts_of(remote).send(delete)) == ["gone"]
        assert contacts_of(remote).read(held.sid) is None


@pytest.mark.parametrize("shape", ["array", "object", "rest"])
def test_a_call_refused_whole_is_nobodys_outcome(shape: str) -> None:
    with Emulator(Switches(whole_failure=shape, max_rows=2)) as remote:  # type: ignore[arg-type]
        with pytest.raises(CallRefused) as caught:
            contacts_of(remote).send(batch_of("create", 3))
        assert (caught.value.status, len(remote.store)) == (400, 0)


def test_a_call_refused_whole_on_a_page_of_html_is_doubt() -> None:
    with Emulator(Switches(whole_failure="html", max_rows=2)) as remote, pytest.raises(ReplyLost):
        contacts_of(remote).send(batch_of("create", 3))


def test_rows_in_trouble_are_again_for_an_update_and_doubt_for_a_create() -> None:
    with Emulator() as remote:
        contacts = contacts_of(remote)
        remote.faults.fail_once(number(1), 500)
        remote.faults.fail_once(number(2), 429)
        assert kinds(contacts.send(batch_of("create", 3))) == ["done", "doubt", "again"]
        held = remote.store.at(0)
        assert held is not None
        remote.faults.fail_once(held.number, 503)
        change = Change(1, "update", 1, held.number, held.sid, {"tag": "x"})
        assert kinds(contacts.send(batch("update", [change]))) == ["again"]


def test_entries_that_are_missing_leave_their_rows_in_doubt() -> None:
    with Emulator() as remote:
        remote.faults.add("entries_missing", rows=(0, 2))
        assert kinds(contacts_of(remote).send(batch_of("create", 4))) == ["doubt", "done", "doubt", "done"]


def test_another_contacts_reply_is_not_taken_for_ours() -> None:
    other = Say(body=json.dumps({"response": ok(2)}).encode())
    with serving(other) as server:
        contacts = ExotelContacts(line(server.url).transport, "a1")
        with pytest.raises(ReplyLost):
            contacts.read(sid(1))
        assert kinds(contacts.send(batch_of("delete", 1))) == ["doubt"]


def test_a_sid_that_is_none_never_becomes_a_path() -> None:
    with serving(Say()) as server:
        contacts = ExotelContacts(line(server.url).transport, "a1")
        (reply,) = contacts.send(batch("delete", [Change(1, "delete", -1, number(1), "..", {})]))
        assert reply.kind == "refused"
        assert contacts.read("a/../../lists") is None
        assert server.asked == []


# -- the registry ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Group:
    """The config's `remote:` group."""

    kind: str = "exotel_contacts"
    account_sid: str | None = "a1"
    list: str | None = None


@dataclass(frozen=True)
class Config:
    """A config with just that."""

    remote: Group = Group()


def test_the_registry_opens_a_remote_of_the_kind_asked_for() -> None:
    remote = open_remote(Config(), transport=line("http://127.0.0.1:9").transport)
    assert remote.abilities.kind == "exotel_contacts"
    assert "exotel_contacts" in KINDS


@pytest.mark.parametrize("group", [Group(kind="fax"), Group(account_sid=None), Group(account_sid="a/../b")])
def test_a_remote_that_can_not_be_opened_is_a_problem_of_the_config(group: Group) -> None:
    with pytest.raises(ConfigError):
        open_remote(Config(group), transport=line("http://127.0.0.1:9").transport)


def test_credentials_take_the_form_that_the_kind_wants() -> None:
    assert auth_for("exotel_contacts", "k", "t").value == "Basic azp0"
    assert (auth_for("sendme123", "k", "").header, auth_for("sendme123", "k", "").value) == ("api-key", "k")


@pytest.mark.parametrize(
    ("change", "status", "kind"), [(create(tag="x"), 409, "exists"), (update(tag="x"), 404, "gone")]
)
@pytest.mark.parametrize("entry", [ok(1) | {"status": "failure", "data": None}, None])
def test_the_refusal_of_a_single_change_says_what_became_of_it(
    change: Change, status: int, kind: str, entry: dict[str, Json] | None
) -> None:
    shapes: list[Json] = [{"RestException": {"Status": status, "Message": "so it is"}}]
    if entry is not None:
        shapes = [{"response": entry | {"code": status}}, {"response": [entry | {"code": status}]}]
    for shape in shapes:
        with serving(Say(status=status, body=json.dumps(shape).encode())) as server:
            contacts = ExotelContacts(line(server.url).transport, "a1")
            assert kinds(contacts.send(batch(change.verb, [change]))) == [kind]
            with pytest.raises(CallRefused):
                contacts.send(batch_of(change.verb, 2))
