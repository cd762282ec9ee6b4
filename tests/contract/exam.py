"""The exam every remote passes. A test file mounts it with two lines: import, and `class TestX(Exam): bench = XBench`.

A bench is one service with a remote that speaks to it, and hands to put it into a state. Which tests apply is told by
the remote's own abilities: an exam holds no test of what its remote can't do, but those that it must refuse to.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from inspect import signature
from typing import ClassVar, Protocol

import pytest

from syncjob.errors import CallFailed, RemoteRefused, ReplyLost, SyncjobError
from syncjob.model import VERBS, Abilities, Batch, Change, Verb
from syncjob.remotes.base import Remote
from syncjob.words import REASONS


class Bench(Protocol):
    """One service, one remote. Nothing here waits for real."""

    @property
    def remote(self) -> Remote:
        """The remote under examination."""
        ...

    @property
    def secrets(self) -> Sequence[str]:
        """What must never be shown."""
        ...

    @property
    def own(self) -> str:
        """The path that the remote may reach, with what lies below it."""
        ...

    def hold(self, count: int) -> list[str]:
        """Let the service hold so many contacts; their sids in the listing's order."""
        ...

    def change(self, verb: Verb, place: int) -> Change:
        """A change the service would do: to create a new contact, or to one of those held. `change_id` is free."""
        ...

    def refuse(self, change: Change, words: str) -> None:
        """The service shall refuse this one change, with these words."""
        ...

    def answer(self, status: int, times: int | None = 1) -> None:
        """The next requests (None: all) shall be answered with this HTTP status and not be executed."""
        ...

    def lose_reply(self, times: int | None = 1) -> None:
        """The next requests shall be executed, and their replies never come."""
        ...

    def requests(self) -> int:
        """Requests the service has received."""
        ...

    def paths(self) -> Sequence[str]:
        """Their paths."""
        ...


_ASKS: dict[str, Callable[[Abilities], list[Verb]]] = {
    "verb": lambda able: [verb for verb in VERBS if verb in able.verbs],
    "touching": lambda able: [verb for verb in VERBS if verb in able.verbs - {"create"}],
    "other": lambda able: [verb for verb in VERBS if verb not in able.verbs],
    "listed": lambda able: list(VERBS) if able.lists else [],
    "unlisted": lambda able: [] if able.lists else list(VERBS),
}
"""What a test asks for by the name of a parameter; nothing: it has no place in this remote's exam."""


_AGAIN = {"create": "exists", "update": "done", "add": "done", "remove": "gone", "delete": "gone"}
"""What a change is answered that was done before."""


class Exam:
    """Mounted by every remote."""

    bench: ClassVar[Callable[[], AbstractContextManager[Bench]]]
    able: ClassVar[Abilities]

    @pytest.fixture
    def it(self) -> Iterator[Bench]:
        """A bench of one's own for each test."""
        with type(self).bench() as bench:
            yield bench

    def __init_subclass__(cls) -> None:
        """Take the tests out that have nothing to ask of this remote."""
        with cls.bench() as bench:
            cls.able = bench.remote.abilities
        for name, asks in _ASKS.items():
            for test, function in list(vars(Exam).items()):
                if test.startswith("test_") and name in signature(function).parameters and not asks(cls.able):
                    setattr(cls, test, None)

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """`verb`: each verb the remote can do; `touching`: those that touch a contact; `other`: those it can't do."""
        for name, asks in _ASKS.items():
            if name in metafunc.fixturenames and not name.endswith("listed"):
                metafunc.parametrize(name, asks(type(self).able))

    @pytest.fixture
    def listed(self, it: Bench) -> Bench:
        """A remote with a listing."""
        return it

    @pytest.fixture
    def unlisted(self, it: Bench) -> Bench:
        """A remote without one."""
        return it

    def test_abilities_are_whole_and_fit_each_other(self, it: Bench) -> None:
        able = it.remote.abilities
        assert able.verbs
        assert set(able.batch_size) >= able.verbs
        assert able.repeatable <= able.verbs
        assert "create" not in able.repeatable
        assert all(size >= 1 for size in able.batch_size.values())
        assert able.page_size >= 1 or not able.lists
        assert able.lists or not able.by_listing

    def test_what_abilities_say_of_reasons_and_stand_ins_holds_together(self, it: Bench) -> None:
        able = it.remote.abilities
        assert able.undoable <= able.verbs
        assert {verb for verb, _ in able.reasons} <= able.verbs
        assert set(able.reasons.values()) <= set(REASONS)
        for fields in able.instead_of_delete.values():
            assert "update" in able.verbs
            assert fields.keys() <= set(able.fields)

    @pytest.mark.parametrize("more", [0, 1, 3])
    def test_the_pages_hold_every_contact_once_and_tell_the_total(self, listed: Bench, more: int) -> None:
        size = listed.remote.abilities.page_size
        sids = listed.hold(size + more)
        pages = [listed.remote.page(offset) for offset in range(0, size + more, size)]
        name = listed.remote.abilities.id_field
        assert [contact[name] for page in pages for contact in page.contacts] == sids
        assert [len(page.contacts) for page in pages] == [size, more][: len(pages)]
        early = {size + more} if listed.remote.abilities.counted else {size + more, -1}
        assert {page.total for page in pages[:-1]} <= early
        assert pages[-1].total == size + more
        assert {bool(page.request_id) for page in pages} == {listed.remote.abilities.traced}

    def test_a_page_starts_at_any_position(self, listed: Bench) -> None:
        sids = listed.hold(9)
        page = listed.remote.page(7)
        assert [contact[listed.remote.abilities.id_field] for contact in page.contacts] == sids[7:]
        assert (page.offset, page.total) == (7, 9)

    def test_behind_the_end_there_is_nothing_and_no_error(self, listed: Bench) -> None:
        listed.hold(2)
        page = listed.remote.page(100)
        assert page.contacts == ()
        assert page.total in (2, -1)

    def test_an_empty_service_has_an_empty_first_page(self, listed: Bench) -> None:
        assert (listed.remote.page(0).contacts, listed.remote.page(0).total) == ((), 0)

    def test_a_remote_without_a_listing_says_so_and_asks_nothing(self, unlisted: Bench) -> None:
        with pytest.raises(ValueError):
            unlisted.remote.page(0)
        assert unlisted.requests() == 0

    def test_what_a_person_knows_a_contact_by_is_there(self, it: Bench) -> None:
        able, sid = it.remote.abilities, it.hold(1)[0]
        found = it.remote.read(sid) or {}
        assert {able.number_field, *able.shown} <= found.keys()

    def test_reading_one_gives_it_and_reading_an_unknown_one_gives_nothing(self, it: Bench) -> None:
        sids = it.hold(2)
        found = it.remote.read(sids[1])
        assert found is not None
        assert found[it.remote.abilities.id_field] == sids[1]
        assert it.remote.read("f" * 32) is None
        assert it.remote.read("../" + sids[0]) is None

    def test_a_batch_gets_one_reply_per_change_in_order(self, it: Bench, verb: Verb) -> None:
        batch = _batch(it, verb, 3)
        replies = it.remote.send(batch)
        assert [reply.change_id for reply in replies] == [change.change_id for change in batch.changes]
        assert {reply.kind for reply in replies} == {"done"}
        assert all(reply.sid and reply.attempts == 1 for reply in replies)
        assert {bool(reply.request_id) for reply in replies} == {it.remote.abilities.traced}

    def test_a_batch_written_beforehand_is_the_same_batch_and_nothing_was_asked(self, it: Bench, verb: Verb) -> None:
        batch = _batch(it, verb, 3)
        before = it.requests()
        written = it.remote.written(batch)
        assert replace(written, body=None) == batch
        assert it.requests() == before
        assert {reply.kind for reply in it.remote.send(written)} == {"done"}

    def test_what_was_sent_can_be_read_back(self, it: Bench, verb: Verb) -> None:
        batch = _batch(it, verb, 1)
        sid = it.remote.send(batch)[0].sid
        assert sid
        found = it.remote.read(sid)
        assert (found is None) == (verb == "delete")
        if found is not None:
            assert batch.changes[0].fields.items() <= found.items()

    def test_a_refused_change_is_refused_in_the_services_words_and_the_others_are_done(
        self, it: Bench, verb: Verb
    ) -> None:
        batch = _batch(it, verb, 3)
        it.refuse(batch.changes[-1], "Never on Sundays")
        *others, last = it.remote.send(batch)
        assert (last.kind, last.message) == ("refused", "Never on Sundays")
        assert 400 <= last.code <= 499
        assert {reply.kind for reply in others} <= {"done"}

    def test_doing_it_twice_says_what_is_there_already(self, it: Bench, verb: Verb) -> None:
        batch = _batch(it, verb, 1)
        first = it.remote.send(batch)[0]
        second = it.remote.send(batch)[0]
        assert second.kind == _AGAIN[verb]
        assert second.sid == first.sid

    def test_a_change_to_an_unknown_contact_finds_it_gone(self, it: Bench, touching: Verb) -> None:
        it.hold(1)
        known = it.change(touching, 0)
        lost = Change(1, touching, 1, known.number, "f" * 32, known.fields)
        assert it.remote.send(Batch("b", touching, (lost,)))[0].kind == "gone"

    def test_a_lost_reply_is_repeated_only_where_that_is_harmless(self, it: Bench, verb: Verb) -> None:
        batch = _batch(it, verb, 1)
        before = it.requests()
        it.lose_reply()
        if verb in it.remote.abilities.repeatable:
            assert it.remote.send(batch)[0].kind == _AGAIN[verb]
            assert it.requests() - before == 2
        else:
            with pytest.raises(ReplyLost):
                it.remote.send(batch)
            assert it.requests() - before == 1

    def test_a_reply_lost_every_time_leaves_doubt(self, it: Bench, verb: Verb) -> None:
        batch = _batch(it, verb, 1)
        it.lose_reply(times=None)
        with pytest.raises(ReplyLost):
            it.remote.send(batch)

    def test_a_429_is_waited_out(self, it: Bench, verb: Verb) -> None:
        batch = _batch(it, verb, 1)
        it.answer(429, times=3)
        reply = it.remote.send(batch)[0]
        assert (reply.kind, reply.attempts) == ("done", 1)

    @pytest.mark.parametrize("status", [401, 402, 403])
    def test_refused_credentials_stop_everything_at_once(self, it: Bench, status: int) -> None:
        it.hold(1)
        verb = min(it.remote.abilities.verbs)
        batch = _batch(it, verb, 1)
        before = it.requests()
        it.answer(status, times=None)
        for ask in (lambda: it.remote.read("f" * 32), lambda: it.remote.send(batch)):
            with pytest.raises(RemoteRefused) as caught:
                ask()
            assert caught.value.status == status
        assert it.requests() - before == 2

    def test_a_service_in_trouble_is_an_error_and_never_nothing(self, it: Bench) -> None:
        it.hold(1)
        it.answer(503, times=None)
        with pytest.raises(CallFailed):
            it.remote.read("f" * 32)
        if it.remote.abilities.lists:
            with pytest.raises(CallFailed):
                it.remote.page(0)

    def test_more_changes_than_a_request_takes_are_an_error_of_ours(self, it: Bench, verb: Verb) -> None:
        change = _batch(it, verb, 1).changes[0]
        before = it.requests()
        with pytest.raises(ValueError):
            it.remote.send(Batch("b", verb, (change,) * (it.remote.abilities.batch_size[verb] + 1)))
        with pytest.raises(ValueError):
            it.remote.send(Batch("b", verb, ()))
        assert it.requests() == before

    def test_what_it_can_not_do_is_an_error_of_ours_and_never_leaves(self, it: Bench, other: Verb) -> None:
        change = Change(1, other, 1, "+919000000001", it.hold(1)[0], {})
        with pytest.raises(ValueError):
            it.remote.send(Batch("b", other, (change,)))
        assert it.requests() == 0

    def test_it_reaches_its_own_paths_only(self, it: Bench, verb: Verb) -> None:
        known = _batch(it, verb, 1).changes[0]
        it.remote.send(Batch("b", verb, (known,)))
        for sid in ("../x", "x/../../y", "a?b", "a#b", "%2e%2e", "", "a b", "x\ny"):
            assert it.remote.read(sid) is None
            if verb == "delete":
                strange = Change(1, verb, 1, known.number, sid, known.fields)
                assert [reply.kind for reply in it.remote.send(Batch("b", verb, (strange,)))] == ["refused"]
        assert len(it.paths()) == 1
        assert all(path == it.own or path.startswith(f"{it.own}/") for path in it.paths())

    def test_no_secret_is_shown(self, it: Bench) -> None:
        shown = [repr(it.remote), str(it.remote)]
        it.hold(1)
        for status in (400, 401, 503):
            it.answer(status, times=None)
            with pytest.raises(SyncjobError) as caught:
                it.remote.read("f" * 32)
            shown.append("".join(traceback.format_exception(caught.value)))
            assert caught.value.__context__ is None or isinstance(caught.value.__context__, SyncjobError)
        assert not [secret for secret in it.secrets for text in shown if secret in text]


def _batch(it: Bench, verb: Verb, most: int) -> Batch:
    """Up to `most` changes the service would do, as many as one request takes."""
    count = min(most, it.remote.abilities.batch_size[verb])
    it.hold(count)
    changes = tuple(it.change(verb, place) for place in range(count))
    return Batch(f"{verb}-1", verb, changes)
