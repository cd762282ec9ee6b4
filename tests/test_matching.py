"""Who gets which entry of a bulk reply, and that nobody ever gets another's."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncjob.matching import digits_of, match
from syncjob.model import Batch, Change, Json, Reply, Verb
from tests.builders_remote import bad, batch, batch_of, kinds, number, ok, sid


def matched(verb: Verb, entries: list[object], count: int = 3, **metadata: Json) -> tuple[Reply, ...]:
    return match(batch_of(verb, count), entries, "r1", 2, metadata)


def test_entries_in_order_go_to_their_changes_with_sid_contact_request_and_attempts() -> None:
    replies = matched("create", [ok(0), ok(1), ok(2)])
    assert kinds(replies) == ["done"] * 3
    assert [reply.change_id for reply in replies] == [100, 101, 102]
    assert [reply.sid for reply in replies] == [sid(0), sid(1), sid(2)]
    assert {(reply.request_id, reply.attempts, reply.matched) for reply in replies} == {("r1", 2, "number")}
    assert replies[0].contact == ok(0)["data"]


def test_entries_in_any_order_are_told_by_number_or_by_sid() -> None:
    assert [reply.sid for reply in matched("create", [ok(2), ok(0), ok(1)])] == [sid(0), sid(1), sid(2)]
    replies = matched("update", [ok(1), ok(2), ok(0)])
    assert [reply.matched for reply in replies] == ["sid"] * 3


@pytest.mark.parametrize("form", ["919000000001", "09000000001", "9000000001", "00919000000001", "+91 90000-00001"])
def test_a_number_is_known_again_in_another_form(form: str) -> None:
    replies = matched("create", [ok(1, number=form), ok(0), ok(2)])
    assert replies[1].kind == "done"
    assert replies[1].sid == sid(1)


def test_a_number_that_could_be_two_of_ours_is_nobodys() -> None:
    twins = [Change(1, "create", 0, "+919000000001", None, {}), Change(2, "create", 1, "+19000000001", None, {})]
    assert kinds(match(batch("create", twins), [ok(0, number="9000000001")], None, 1)) == ["doubt", "doubt"]


def test_a_foreign_number_that_ends_like_ours_is_not_ours() -> None:
    assert kinds(matched("create", [ok(0, number="+9000000000")], 1)) == ["doubt"]


def test_a_refusal_without_a_name_is_told_by_its_place() -> None:
    replies = matched("create", [ok(0), bad(400, "Invalid PhoneNumber"), ok(2)])
    assert kinds(replies) == ["done", "refused", "done"]
    assert (replies[1].message, replies[1].code, replies[1].matched) == ("Invalid PhoneNumber", 400, "position")


def test_different_refusals_in_an_order_that_was_kept_keep_their_own_words() -> None:
    replies = matched("create", [bad(400, "one"), ok(1), bad(400, "two")])
    assert [reply.message for reply in replies] == ["one", "", "two"]


def test_out_of_order_a_single_refusal_is_told_by_elimination() -> None:
    replies = matched("create", [bad(400, "no"), ok(2), ok(0)])
    assert kinds(replies) == ["done", "refused", "done"]
    assert replies[1].matched == "elimination"


def test_out_of_order_refusals_that_say_the_same_are_told_by_elimination() -> None:
    assert kinds(matched("update", [ok(2), bad(404), bad(404)])) == ["gone", "gone", "done"]


def test_out_of_order_refusals_that_differ_are_doubt() -> None:
    assert kinds(matched("create", [ok(2), bad(400, "one"), bad(400, "two")])) == ["doubt", "doubt", "done"]


def test_an_entry_that_is_missing_leaves_the_rest_in_doubt() -> None:
    assert kinds(matched("create", [ok(0), bad(400, "no")])) == ["done", "doubt", "doubt"]


def test_an_entry_that_comes_twice_counts_once_and_ends_all_guessing() -> None:
    assert kinds(matched("create", [ok(0), ok(0), bad(400, "no")])) == ["done", "doubt", "doubt"]


def test_entries_that_contradict_each_other_are_doubt() -> None:
    assert kinds(matched("update", [ok(0), bad(409, "no", {"sid": sid(0)}), ok(2)])) == ["doubt", "doubt", "done"]


def test_an_entry_for_a_contact_that_was_never_sent_ends_all_guessing() -> None:
    assert kinds(matched("create", [ok(0), ok(77), bad(400, "no")])) == ["done", "doubt", "doubt"]
    assert kinds(matched("update", [ok(0), ok(77), bad(400, "no")])) == ["done", "doubt", "doubt"]


def test_one_sid_for_two_new_contacts_is_doubt_for_both() -> None:
    assert kinds(matched("create", [ok(0), ok(1, sid=sid(0)), ok(2)])) == ["doubt", "doubt", "done"]


def test_an_entry_whose_sid_and_number_name_different_changes_is_doubt() -> None:
    assert kinds(matched("update", [ok(0, number=number(1)), ok(2)], 3)) == ["doubt", "doubt", "done"]


def test_counts_that_do_not_fit_the_entries_end_all_guessing() -> None:
    entries: list[object] = [ok(0), bad(400, "no"), ok(2)]
    assert kinds(matched("create", entries, total=3, success=3, failed=0)) == ["done", "doubt", "done"]
    assert kinds(matched("create", entries, total=3, success=2, failed=1)) == ["done", "refused", "done"]
    assert kinds(matched("create", [ok(0), bad(409), ok(2)], total=3, success=3)) == ["done", "exists", "done"]


def test_a_409_that_may_count_either_way_hides_no_loss() -> None:
    entries: list[object] = [bad(409, "dup")] * 3
    assert kinds(matched("create", entries, total=3, success=2, failed=1)) == ["doubt"] * 3
    assert kinds(matched("create", entries, total=3, success=0, failed=3)) == ["exists"] * 3
    assert kinds(matched("create", entries, total=3, success=3, failed=0)) == ["exists"] * 3


@pytest.mark.parametrize(
    ("verb", "code", "kind"),
    [
        ("create", 409, "exists"),
        ("update", 409, "refused"),
        ("create", 404, "refused"),
        ("update", 404, "gone"),
        ("delete", 404, "gone"),
        ("create", 429, "again"),
        ("update", 429, "again"),
        ("create", 500, "doubt"),
        ("update", 503, "again"),
        ("create", 402, "refused"),
        ("create", 302, "doubt"),
        ("create", None, "doubt"),
        ("create", True, "doubt"),
        ("create", "400", "refused"),
    ],
)
def test_an_entry_is_judged_by_its_code(verb: Verb, code: Json, kind: str) -> None:
    assert kinds(matched(verb, [{"code": code, "status": "failure"}], 1)) == [kind]


@pytest.mark.parametrize("status", ["failure", "failed", "FAILED"])
def test_a_success_must_be_one_by_both_signs(status: str) -> None:
    assert kinds(matched("create", [ok(0) | {"status": status}], 1)) == ["doubt"]


def test_a_409_brings_the_sid_that_is_there_and_the_contact_only_when_whole() -> None:
    there: dict[str, Json] = {"sid": sid(9), "number": number(0)}
    alone = matched("create", [bad(409, "dup", {"sid": sid(9)})], 1)[0]
    assert (alone.kind, alone.sid, alone.contact, alone.matched) == ("exists", sid(9), None, "alone")
    assert matched("create", [bad(409, "dup", there)], 1)[0].contact is None
    whole = matched("create", [bad(409, "dup", there | {"first_name": "Ravi"})], 1)[0]
    assert whole.contact == there | {"first_name": "Ravi"}


def test_409s_told_by_elimination_share_no_sid() -> None:
    entries: list[object] = [ok(2), bad(409, "dup", {"sid": sid(8)}), bad(409, "dup", {"sid": sid(9)})]
    replies = matched("create", entries)
    assert [(reply.kind, reply.sid) for reply in replies] == [("exists", None), ("exists", None), ("done", sid(2))]


def test_the_remotes_words_can_not_steer_a_terminal() -> None:
    reply = matched("create", [bad(400, "\x1b[31mred\nINFO forged\u202e")], 1)[0]
    assert reply.message == "[31mred INFO forged"


ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["code", "status", "data", "error_data", "sid", "number", "message"]), inner, max_size=4
        )
    ),
    max_leaves=6,
)


@settings(deadline=None)
@given(st.lists(ODD, max_size=6), st.sampled_from(["create", "update", "delete"]))
def test_any_entries_at_all_give_one_reply_per_change(entries: list[object], verb: Verb) -> None:
    replies = matched(verb, entries)
    assert [reply.change_id for reply in replies] == [100, 101, 102]


# -- whatever is permuted, lost or repeated ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Truth:
    """A batch, the true entry of each change, and the place in the batch of each entry returned."""

    batch: Batch
    entries: list[dict[str, Json]]
    returned: list[int]

    @property
    def replies(self) -> tuple[Reply, ...]:
        done = sum(entry["code"] == 200 for entry in self.entries)
        counts: dict[str, Json] = {"total": len(self.entries), "success": done, "failed": len(self.entries) - done}
        return match(self.batch, [self.entries[place] for place in self.returned], None, 1, counts)

    @property
    def own(self) -> list[Reply]:
        """What each change would be told alone."""
        return [
            match(batch(self.batch.verb, [change]), [entry], None, 1)[0]
            for change, entry in zip(self.batch.changes, self.entries, strict=True)
        ]

    def names(self, place: int) -> bool:
        return "data" in self.entries[place]


FAILURES = [bad(400, "one"), bad(400, "two"), bad(404, "gone"), bad(429), bad(500), bad(409, "dup")]


@st.composite
def truths(draw: st.DrawFn, *, tamper: bool) -> Truth:
    verb: Verb = draw(st.sampled_from(["create", "update"]))
    count = draw(st.integers(1, 7))
    entries = [draw(st.sampled_from([ok(place), ok(place), *FAILURES])) for place in range(count)]
    places = st.lists(st.integers(0, count - 1), max_size=count + 2) if tamper else st.permutations(range(count))
    return Truth(batch_of(verb, count), entries, list(draw(places)))


def same(reply: Reply, own: Reply) -> bool:
    return (reply.kind, reply.code, reply.message, reply.sid) == (own.kind, own.code, own.message, own.sid)


@settings(max_examples=300, deadline=None)
@given(truths(tamper=True))
def test_a_change_told_by_name_is_told_the_truth_whatever_is_lost_or_repeated(truth: Truth) -> None:
    for reply, own in zip(truth.replies, truth.own, strict=True):
        if reply.matched in ("sid", "number"):
            assert same(reply, own)


@settings(max_examples=300, deadline=None)
@given(truths(tamper=True))
def test_a_contact_that_was_written_is_never_called_refused_and_the_other_way_round(truth: Truth) -> None:
    for reply, own in zip(truth.replies, truth.own, strict=True):
        if reply.kind != "doubt":
            assert (reply.kind == "done") == (own.kind == "done")


@settings(max_examples=300, deadline=None)
@given(truths(tamper=False))
def test_in_any_order_that_shows_nobody_gets_anothers_outcome(truth: Truth) -> None:
    shows = any(truth.names(place) and place != at for at, place in enumerate(truth.returned))
    kept = truth.returned == sorted(truth.returned)
    for reply, own in zip(truth.replies, truth.own, strict=True):
        if shows or kept:
            assert same(reply, own) or (reply.kind, reply.matched) == ("doubt", "none")
        if kept:
            assert same(reply, own)


@settings(deadline=None)
@given(st.integers(10**9, 10**13))
def test_digits_are_the_same_in_every_international_form(value: int) -> None:
    assert {
        digits_of(form) for form in (f"+{value}", f"00{value}", f"{value}", f"+{value}"[:4] + " " + f"+{value}"[4:])
    } == {str(value)}
