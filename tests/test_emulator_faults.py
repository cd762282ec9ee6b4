"""Every fault on demand, and which request it strikes."""

from __future__ import annotations

import http.client
import json
import threading
from email.utils import parsedate_to_datetime
from typing import Any

import pytest

from syncjob.emulator import Faults, Request
from tests.builders_emulator import START, Caller, emulated, number, row


def test_a_rule_strikes_from_the_nth_match_on_as_often_as_told() -> None:
    with emulated(contacts=1) as (remote, call):
        rule = remote.faults.add("error", call="page", nth=2, times=2)
        call.create(row())
        assert [call("GET").status for _ in range(4)] == [200, 503, 503, 200]
        assert (rule.seen, rule.fired) == (4, 2)


def test_a_rule_matches_method_and_path_with_query() -> None:
    with emulated(contacts=50) as (remote, call):
        remote.faults.add("error", method="GET", path=r"offset=20\b", times=None)
        assert [call("GET", offset=offset, limit=20).status for offset in (0, 20, 40, 20)] == [200, 503, 200, 503]


def test_chances_come_from_a_seeded_generator() -> None:
    def struck(seed: int) -> list[bool]:
        faults = Faults(seed=seed)
        faults.add("error", chance=0.3, times=None)
        return [faults.pick(Request("GET", "/"), "page") is not None for _ in range(200)]

    assert struck(1) == struck(1) != struck(2)
    assert 30 < sum(struck(1)) < 90


@pytest.mark.parametrize(("kind", "expected"), [("seconds", "3"), ("none", None), ("date", "date")])
def test_a_429_comes_with_each_kind_of_retry_after(kind: Any, expected: str | None) -> None:
    with emulated() as (remote, call):
        remote.faults.add("too_many", retry_after=kind, seconds=3)
        got = call.create(row())
        assert (got.status, got.codes, len(remote.store)) == (429, [429], 0)
        told = got.headers.get("retry-after")
        if expected == "date" and told:
            assert parsedate_to_datetime(told).timestamp() == int(START) + 4
        else:
            assert told == expected


@pytest.mark.parametrize("status", [402, 403, 500, 502, 503])
@pytest.mark.parametrize(("when", "stored"), [("before", 0), ("after", 1)])
def test_an_error_comes_before_the_write_or_after_it_was_applied(status: int, when: Any, stored: int) -> None:
    with emulated() as (remote, call):
        remote.faults.add("error", status=status, when=when)
        got = call.create(row())
        assert (got.status, got.codes) == (status, [status])
        assert (len(remote.store), remote.log[0].applied, remote.log[0].fault) == (stored, stored, "error")


def test_an_error_may_have_the_form_of_a_gateway() -> None:
    with emulated() as (remote, call):
        remote.faults.add("error", shape="rest", text="Service is down")
        remote.faults.add("error", shape="html", status=504)
        assert call("GET").json == {"RestException": {"Status": 503, "Message": "Service is down"}}
        got = call("GET")
        assert (got.status, got.headers["content-type"]) == (504, "text/html; charset=utf-8")


@pytest.mark.parametrize("reset", [False, True])
@pytest.mark.parametrize(("when", "stored"), [("before", 0), ("after", 1)])
def test_a_connection_is_cut_before_or_after_the_write(when: Any, stored: int, reset: bool) -> None:
    with emulated() as (remote, call):
        remote.faults.add("cut", when=when, reset=reset)
        with pytest.raises(ConnectionResetError if reset else http.client.RemoteDisconnected):
            call.create(row())
        assert (len(remote.store), remote.log[0].status, remote.log[0].applied) == (stored, 0, stored)
        assert call("GET").json["metadata"]["total"] == stored


@pytest.mark.parametrize(("when", "meanwhile", "finally_"), [("before", 0, 0), ("after", 1, 1), ("late", 0, 1)])
def test_a_reply_is_held_beyond_the_clients_patience(when: Any, meanwhile: int, finally_: int) -> None:
    with emulated() as (remote, call):
        remote.faults.add("hold", when=when, seconds=30, call="create")
        patient = threading.Thread(target=_ignore_cuts, args=(call, row()))
        patient.start()
        assert remote.gate.until_waiting()
        assert len(remote.store) == meanwhile
        remote.gate.release()
        patient.join()
        assert len(remote.store) == finally_


def _ignore_cuts(call: Caller, each: dict[str, Any]) -> None:
    try:
        call.create(each)
    except ConnectionError:
        return


def test_a_client_that_gives_up_leaves_the_server_well() -> None:
    with emulated() as (remote, _):
        remote.faults.add("hold", when="after", seconds=30)
        hasty = Caller(remote, timeout=0.05)
        with pytest.raises(TimeoutError):
            hasty.create(row())
        hasty.wire.close()
        assert remote.gate.until_waiting()
        remote.gate.release()
        assert len(remote.store) == 1


def test_a_body_ends_before_its_announced_length() -> None:
    with emulated(contacts=3) as (remote, call):
        remote.faults.add("short")
        with pytest.raises(http.client.IncompleteRead):
            call("GET")
        call.wire.close()
        assert call("GET").status == 200


@pytest.mark.parametrize("status", [200, 502])
@pytest.mark.parametrize(("when", "stored"), [("before", 0), ("after", 1)])
def test_html_comes_in_place_of_json(status: int, when: Any, stored: int) -> None:
    with emulated() as (remote, call):
        remote.faults.add("html", status=status, when=when)
        got = call.create(row())
        assert (got.status, got.body[:6], len(remote.store)) == (status, b"<html>", stored)


def test_garbage_comes_in_place_of_json_after_the_write() -> None:
    with emulated() as (remote, call):
        remote.faults.add("garbage")
        remote.faults.add("garbage", text="{}", status=200)
        got = call.create(row())
        with pytest.raises(json.JSONDecodeError):
            _ = got.json
        assert (got.status, len(remote.store)) == (207, 1)
        assert (call("GET").json, remote.log[-1].status) == ({}, 200)


def test_reply_entries_go_missing_or_are_cut_off_or_change_places() -> None:
    rows = [row(place) for place in range(6)]
    with emulated() as (remote, call):
        remote.faults.add("entries_missing", rows=(1, 4))
        remote.faults.add("entries_cut", count=2)
        remote.faults.add("entries_shuffled")
        missing, cut, shuffled = ([data["number"] for data in call.create(*rows).data] for _ in range(3))
        numbers = [each["number"] for each in rows]
        assert missing == [each for place, each in enumerate(numbers) if place not in (1, 4)]
        assert cut == numbers[:4]
        assert shuffled != numbers
        assert sorted(shuffled) == numbers


def test_the_metadata_of_a_shortened_reply_still_count_all_rows() -> None:
    with emulated() as (remote, call):
        remote.faults.add("entries_cut", count=1)
        got = call.create(row(1), row(2))
        assert (got.json["metadata"]["total"], len(got.entries)) == (2, 1)


def test_a_page_lies_about_the_total_or_is_empty_or_lost() -> None:
    with emulated(contacts=45) as (remote, call):
        remote.faults.add("wrong_total", call="page", count=-3)
        remote.faults.add("empty_page", call="page")
        remote.faults.add("lost_page", call="page")
        assert call("GET").json["metadata"]["total"] == 42
        got = call("GET", offset=20)
        assert (got.status, got.entries, got.json["metadata"]["total"]) == (200, [], 45)
        assert call("GET", offset=20).status == 404
        assert len(call("GET", offset=20).entries) == 20


def test_a_redirect_points_at_another_host() -> None:
    with emulated() as (remote, call):
        remote.faults.add("redirect", url="http://127.0.0.1:9/elsewhere")
        got = call("GET")
        assert (got.status, got.headers["location"]) == (307, "http://127.0.0.1:9/elsewhere")


@pytest.mark.parametrize("code", [429, 500, 503])
def test_a_row_fails_once(code: int) -> None:
    with emulated() as (remote, call):
        remote.faults.fail_once(number(1), code)
        assert [call.create(row(0), row(1)).codes, call.create(row(1)).codes] == [[200, code], [200]]
        assert remote.log[0].applied == 1


def test_a_row_may_fail_although_it_was_written() -> None:
    with emulated() as (remote, call):
        remote.faults.fail_once(number(1), 500, applied=True)
        assert call.create(row(1)).codes == [500]
        assert call.create(row(1)).codes == [409]


def test_a_row_is_refused_always_in_every_call() -> None:
    with emulated() as (remote, call):
        sid = call.create(row(1)).data[0]["sid"]
        remote.faults.refuse(number(1), "Number is blocked")
        got = call.update({"sid": sid, "tag": "x"})
        assert (got.codes, got.entries[0]["error_data"]["description"]) == ([400], "Number is blocked")
        assert call("PUT", f"/{sid}", {"tag": "x"}).status == 400
        assert call("DELETE", f"/{sid}").status == 400
        assert remote.store.export(plain=True)[0]["tag"] is None


def test_contacts_vanish_and_appear_between_two_pages() -> None:
    with emulated(contacts=40) as (remote, call):
        before = [each["sid"] for each in remote.store.export()]
        remote.faults.before_page(2, delete=0, add=row(1))
        first, second, third = call("GET"), call("GET", offset=20), call("GET", offset=40)
        assert first.data[19]["sid"] == before[19]
        assert second.data[0]["sid"] == before[21], "what follows moved towards the front"
        assert [got.json["metadata"]["total"] for got in (first, second, third)] == [40, 40, 40]
        assert third.data == []


def test_a_meddler_is_called_before_every_page() -> None:
    with emulated(contacts=3) as (remote, call):
        remote.faults.meddler = lambda page, store: store.seed(page)
        remote.faults.before_page(2, delete=-1, each=True)
        assert [call("GET").json["metadata"]["total"] for _ in range(3)] == [4, 5, 7]


@pytest.mark.parametrize("facts", [{"action": "explode"}, {"action": "cut", "when": "never"}])
def test_an_unknown_fault_is_an_error(facts: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        Faults().add(**facts)
