"""Plans are carried out, and every outcome is what the remote holds (law 4)."""

from __future__ import annotations

from pathlib import Path
from threading import Thread

import pytest

from syncjob.differ import Rules
from syncjob.emulator import Emulator, Switches
from syncjob.errors import NotDelivered, RemoteRefused
from syncjob.executor import Settings
from tests.builders_work import carry_out, drop, held, number, row


def mixed(emulator: Emulator) -> list[dict[str, str]]:
    """Four contacts are there: one stays, one changes, one goes, one is made; the list of what is wanted."""
    emulator.store.seed([row(1, first_name="Asha"), row(2, first_name="Ravi"), row(3, first_name="Mina")])
    return [row(1, first_name="Asha"), row(2, first_name="Ravindra"), row(4, first_name="Noor")]


def test_creates_updates_and_deletes_leave_the_remote_as_wanted(tmp_path: Path) -> None:
    with Emulator() as remote:
        done = carry_out(remote, mixed(remote), tmp_path)
        assert done.outcomes() == {number(4): "created", number(2): "updated", number(3): "deleted"}
        assert held(remote) == {
            number(1): {"first_name": "Asha"},
            number(2): {"first_name": "Ravindra"},
            number(4): {"first_name": "Noor"},
        }


def test_the_number_of_requests_is_the_least_possible(tmp_path: Path) -> None:
    with Emulator(contacts=45) as remote:
        wanted = [*({"number": c["number"], "tag": "x"} for c in remote.store.export()[:40]), row(1), row(2)]
        carry_out(remote, wanted, tmp_path)
        assert len(remote.log.of("page")) == 3 + 1 + 1
        assert [len(remote.log.of(call)) for call in ("create", "update_many", "delete")] == [1, 1, 5]


def test_only_changed_fields_are_sent(tmp_path: Path) -> None:
    with Emulator() as remote:
        remote.store.seed([row(1, first_name="Asha", email="a@example.com")])
        carry_out(remote, [row(1, first_name="Asha", email="b@example.com")], tmp_path)
        (sent,) = remote.log.of("update_many")
        assert list(sent.body["contacts"][0]) == ["sid", "email"]


@pytest.mark.parametrize("update", ["replace", "merge"])
def test_custom_fields_are_merged_whichever_way_the_account_takes_them(tmp_path: Path, update: str) -> None:
    with Emulator(Switches(custom_update=update)) as remote:
        remote.store.seed([{**row(1), "custom_field": {"a": "1", "deep": {"x": "y"}}}])
        carry_out(remote, [{**row(1), "custom_field": {"deep": {"z": "w"}}}], tmp_path)
        assert held(remote)[number(1)]["custom_field"] == {"a": "1", "deep": {"x": "y", "z": "w"}}


@pytest.mark.parametrize("duplicate", ["existing", "sid_only", "no_data"])
def test_a_contact_that_others_added_meanwhile_is_adopted_and_updated(tmp_path: Path, duplicate: str) -> None:
    with Emulator(Switches(duplicate=duplicate)) as remote:
        wanted = [row(1, first_name="Asha"), row(2, first_name="Ravi")]

        def others(remote: Emulator) -> None:
            remote.faults.meddler = lambda _page, store: len(store) or store.seed([row(1, tag="theirs"), wanted[1]])

        done = carry_out(remote, wanted, tmp_path, between=others)
        assert done.outcomes() == {number(1): "updated", number(2): "unchanged"}
        assert held(remote)[number(1)] == {"first_name": "Asha", "tag": "theirs"}


@pytest.mark.parametrize("duplicate", ["existing", "sid_only", "no_data"])
def test_a_409_is_adopted(tmp_path: Path, duplicate: str) -> None:
    with Emulator(Switches(duplicate=duplicate)) as remote:
        remote.faults.add("hold", call="create", when="late")

        def somebody_else() -> None:
            assert remote.gate.until_waiting()
            remote.store.seed([row(1, tag="theirs")])
            remote.gate.release()

        other = Thread(target=somebody_else)
        other.start()
        wanted = [row(1, first_name="Asha"), row(2)]
        done = carry_out(remote, wanted, tmp_path, settings=Settings(timeout=20, look_again=0))
        other.join()
        assert done.outcomes() == {number(1): "updated", number(2): "created"}
        assert held(remote)[number(1)] == {"first_name": "Asha", "tag": "theirs"}


@pytest.mark.parametrize("duplicate", ["existing", "both_stored"])
@pytest.mark.parametrize(
    ("action", "options"),
    [
        *((action, {"when": when}) for action in ("cut", "error") for when in ("before", "after")),
        *((action, {}) for action in ("html", "short", "garbage")),
    ],
)
def test_a_create_whose_reply_is_lost_is_settled_by_reading(
    tmp_path: Path, duplicate: str, action: str, options: dict[str, str]
) -> None:
    with Emulator(Switches(duplicate=duplicate)) as remote:
        remote.faults.add(action, call="create", **options)
        done = carry_out(remote, [row(n, first_name=f"N{n}") for n in range(30)], tmp_path)
        assert set(done.outcomes().values()) == {"created"}
        assert done.changes["detail"].isna().all()  # that it was sent before is nothing to a reader
        assert len(held(remote)) == 30


@pytest.mark.parametrize("call", ["update_many", "delete"])
@pytest.mark.parametrize("action", ["cut", "error", "html", "short", "garbage", "hold"])
def test_updates_and_deletes_whose_replies_are_lost_end_true(tmp_path: Path, call: str, action: str) -> None:
    with Emulator() as remote:
        remote.faults.add(action, call=call, **({"when": "after"} if action in ("cut", "error", "hold") else {}))
        done = carry_out(remote, mixed(remote), tmp_path)
        assert done.outcomes() == {number(4): "created", number(2): "updated", number(3): "deleted"}
        assert set(held(remote)) == {number(1), number(2), number(4)}


@pytest.mark.parametrize("action", ["entries_missing", "entries_cut", "entries_shuffled"])
@pytest.mark.parametrize("call", ["create", "update_many"])
def test_replies_with_entries_missing_or_out_of_order_end_true(tmp_path: Path, call: str, action: str) -> None:
    with Emulator() as remote:
        remote.store.seed([row(n, tag="old") for n in range(20)])
        remote.faults.add(action, call=call)
        remote.faults.refuse(number(3), "number is on a list")
        done = carry_out(remote, [row(n, tag="new") for n in range(40)], tmp_path)
        told, there = done.outcomes(), held(remote)
        for n in range(40):
            wanted = there.get(number(n)) == {"tag": "new"}
            assert (told[number(n)] in ("created", "updated")) == wanted, number(n)


def test_rows_that_fail_once_are_sent_again(tmp_path: Path) -> None:
    with Emulator() as remote:
        remote.faults.fail_once(number(1), 429)
        remote.faults.fail_once(number(2), 500)
        remote.faults.fail_once(number(3), 503, applied=True)
        done = carry_out(remote, [row(n) for n in range(5)], tmp_path)
        assert set(done.outcomes().values()) == {"created"}
        assert len(held(remote)) == 5


def test_rows_that_failed_together_wait_together_however_many_requests_they_take(tmp_path: Path) -> None:
    with Emulator() as remote:
        remote.switches.set({"order": "shuffled"})
        for n in range(12):
            remote.faults.fail_once(number(n), (429, 503)[n % 2])
        done = carry_out(remote, [row(n) for n in range(40)], tmp_path)
        assert set(done.outcomes().values()) == {"created"}
        assert len(remote.log.of("create")) > 3
        assert len(done.waits) <= 2


def test_a_batch_refused_whole_for_one_row_is_split_until_the_row_is_found(tmp_path: Path) -> None:
    with Emulator() as remote:
        remote.faults.add("error", call="create", status=400, holding=number(13), times=None)
        done = carry_out(remote, [row(n) for n in range(50)], tmp_path)
        told = done.outcomes()
        assert told.pop(number(13)) == "rejected"
        assert set(told.values()) == {"created"}


def test_a_batch_refused_in_every_part_is_rejected_whole(tmp_path: Path) -> None:
    with Emulator() as remote:
        remote.faults.add("error", call="create", status=400, times=None)
        done = carry_out(remote, [row(n) for n in range(500)], tmp_path)
        assert set(done.outcomes().values()) == {"rejected"}
        assert len(remote.log.of("create")) < 40


def test_refused_credentials_stop_the_run_at_once(tmp_path: Path) -> None:
    with Emulator() as remote:
        remote.faults.add("error", call="update_many", status=403)
        done = carry_out(remote, mixed(remote), tmp_path)
        assert isinstance(done.error, RemoteRefused)
        assert done.outcomes() == {number(4): "created", number(2): "planned", number(3): "planned"}
        assert not remote.log.of("delete")


def test_deletes_are_not_sent_when_anything_before_them_failed(tmp_path: Path) -> None:
    with Emulator() as remote:
        remote.faults.fail_once(number(2), 503, times=50)
        done = carry_out(remote, mixed(remote), tmp_path)
        assert done.outcomes() == {number(4): "created", number(2): "failed", number(3): "not_sent"}
        assert done.reasons()[number(3)] == "earlier_trouble"
        assert not remote.log.of("delete")


def test_a_contact_deleted_by_others_before_its_update_is_told(tmp_path: Path) -> None:
    with Emulator() as remote:
        wanted = mixed(remote)
        done = carry_out(
            remote,
            wanted,
            tmp_path,
            between=lambda remote: drop(remote, number(2)),
        )
        assert done.outcomes()[number(2)] == "rejected"
        assert done.reasons()[number(2)] == "gone_meanwhile"


@pytest.mark.parametrize("deleted_again", ["not_found", "ok_with_entry"])
def test_a_contact_that_is_gone_already_counts_as_deleted(tmp_path: Path, deleted_again: str) -> None:
    with Emulator(Switches(deleted_again=deleted_again)) as remote:
        wanted = mixed(remote)
        done = carry_out(
            remote,
            wanted,
            tmp_path,
            between=lambda remote: drop(remote, number(3)),
        )
        assert done.outcomes()[number(3)] == "deleted"
        assert done.reasons()[number(3)] == "already_gone"


def test_an_account_out_of_reach_fails_two_batches_and_stops(tmp_path: Path) -> None:
    with Emulator() as remote:
        remote.faults.add("too_many", call="create", times=None, seconds=100_000)
        done = carry_out(remote, [row(n) for n in range(9)], tmp_path, settings=Settings(3, 1, 0.4, 0.0))
        assert isinstance(done.error, NotDelivered)
        assert sorted(done.outcomes().values()) == ["failed"] * 6 + ["planned"] * 3


@pytest.mark.parametrize("mode", ["create", "update", "delete"])
def test_a_mode_sends_only_its_own_verb(tmp_path: Path, mode: str) -> None:
    with Emulator() as remote:
        wanted = mixed(remote)
        carry_out(remote, wanted, tmp_path, rules=Rules(mode=mode))  # type: ignore[arg-type]
        assert {entry.call for entry in remote.log.applied()} == {
            {"create": "create", "update": "update_many", "delete": "delete"}[mode]
        }


def test_a_mark_whose_reply_is_lost_is_not_taken_for_done(tmp_path: Path) -> None:
    with Emulator() as remote:
        remote.store.seed([row(1, tag="ours")])
        remote.faults.add("cut", call="update_many", times=5)
        rules = Rules(remote_only="mark", mark="lapsed", owned="tag", owned_tag="ours")
        done = carry_out(remote, [], tmp_path, rules=rules)
        assert done.outcomes() == {number(1): "updated"}
        assert held(remote)[number(1)]["tag"] == "lapsed"
