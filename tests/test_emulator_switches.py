"""Every switch, by the number of the open question it stands for: the default, and each other reading."""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from typing import Any

import pytest

from syncjob.emulator import Switches
from tests.builders_emulator import START, Clock, emulated, number, row, shape


def test_1_entries_come_in_order_of_request_unless_successes_are_shuffled() -> None:
    rows = [row(place) for place in range(30)]
    rows[7] = {"number": "nonsense"}
    with emulated() as (remote, call):
        assert [data and data["number"] for data in call.create(*rows).data][:3] == [number(0), number(1), number(2)]
        remote.reset()
        remote.switches.order = "shuffled_successes"
        got = call.create(*rows)
        sent = [each["number"] for each in rows if each["number"] != "nonsense"]
        answered = [data["number"] for data in got.data if data]
        assert got.codes[7] == 400
        assert answered != sent
        assert sorted(answered) == sent


def test_1_all_entries_can_be_shuffled() -> None:
    with emulated(order="shuffled") as (_, call):
        got = call.create({"number": "nonsense"}, *(row(place) for place in range(40)))
        assert sorted(got.codes)[-1] == 400
        assert got.codes[0] == 200


def test_2_the_row_limit_can_be_set() -> None:
    with emulated(max_rows=2) as (_, call):
        assert call.create(row(1), row(2), row(3)).status == 400
        assert call.create(row(1), row(2)).status == 207


def test_3_a_limit_above_20_is_clamped_and_echoed_or_refused() -> None:
    with emulated(contacts=30) as (remote, call):
        got = call("GET", limit=1000)
        assert (len(got.entries), got.json["metadata"]["limit"], got.json["metadata"]["total"]) == (20, 20, 30)
        remote.switches.limit_over = "refuse"
        assert call("GET", limit=21).entries[0]["error_data"]["code"] == 1002


@pytest.mark.parametrize("query", [{"limit": 0}, {"limit": -1}, {"limit": "x"}, {"offset": -1}, {"offset": "1.5"}])
def test_4_unreadable_paging_is_refused_or_ignored(query: dict[str, Any]) -> None:
    with emulated(contacts=3) as (remote, call):
        assert (call("GET", **query).status, call("GET", **query).codes) == (400, [400])
        remote.switches.bad_paging = "ignore"
        assert len(call("GET", **query).entries) == 3


def test_5_an_offset_past_the_end_is_empty_or_404() -> None:
    with emulated(contacts=3) as (remote, call):
        got = call("GET", offset=3)
        assert (got.status, got.entries, got.json["metadata"]["count"]) == (200, [], 0)
        remote.switches.past_end = "not_found"
        assert (call("GET", offset=3).status, call("GET", offset=2).status) == (404, 200)


@pytest.mark.parametrize(
    ("kind", "codes", "first_name"),
    [
        ("existing", [409], "Old"),
        ("sid_only", [409], "Old"),
        ("no_data", [409], "Old"),
        ("upsert", [200], "New"),
        ("both_stored", [200], "Old"),
    ],
)
def test_6_a_stored_number_created_again(kind: Any, codes: list[int], first_name: str) -> None:
    with emulated(duplicate=kind) as (remote, call):
        sid = call.create(row(first_name="Old")).data[0]["sid"]
        got = call.create(row(first_name="New"))
        data = got.data[0]
        assert (got.status, got.codes) == (207, codes)
        assert remote.store.export()[0]["first_name"] == first_name
        assert len(remote.store) == (2 if kind == "both_stored" else 1)
        if kind == "both_stored":
            assert data["sid"] != sid
        elif kind == "no_data":
            assert "data" not in got.entries[0]
        else:
            assert (data == {"sid": sid}) if kind == "sid_only" else (data["sid"] == sid)
        if codes == [409]:
            assert got.entries[0]["error_data"]["code"] == 1008


def test_6_a_conflict_may_have_another_http_status() -> None:
    with emulated(duplicate_http=409) as (_, call):
        assert call.create(row(1)).status == 207
        got = call.create(row(1), row(2))
        assert (got.status, got.json["http_code"], got.codes) == (409, 409, [409, 200])


def test_6_deleting_the_older_of_two_twins_leaves_the_younger_to_be_found() -> None:
    with emulated(duplicate="both_stored") as (remote, call):
        first, second = call.create(row(1), row(1)).data
        call("DELETE", f"/{first['sid']}")
        remote.switches.duplicate = "existing"
        assert call.create(row(1)).data[0]["sid"] == second["sid"]


def test_7_a_number_twice_in_one_request_conflicts_with_the_first_or_both_succeed() -> None:
    with emulated() as (remote, call):
        got = call.create(row(1), row(1))
        assert got.codes == [200, 409]
        assert got.data[1]["sid"] == got.data[0]["sid"]
        remote.switches.repeated = "both"
        got = call.create(row(2), row(2))
        assert got.codes == [200, 200]
        assert got.data[1]["sid"] == got.data[0]["sid"]
        assert len(remote.store) == 2


def test_8_a_conflict_counts_as_failed_or_not() -> None:
    with emulated() as (remote, call):
        call.create(row(1))
        assert call.create(row(1)).json["metadata"] == {"failed": 1, "total": 1, "success": 0}
        remote.switches.conflict_failed = False
        assert call.create(row(1)).json["metadata"] == {"failed": 0, "total": 1, "success": 1}


@pytest.mark.parametrize(("kind", "tag"), [("ignored", "vip"), ("clears", None)])
def test_9_null_in_an_update_is_ignored_or_clears(kind: Any, tag: str | None) -> None:
    with emulated(null=kind) as (_, call):
        sid = call.create(row(tag="vip", custom_field={"a": 1})).data[0]["sid"]
        got = call("PUT", f"/{sid}", {"tag": None, "custom_field": None})
        assert got.data["tag"] == tag
        assert got.data["custom_field"] == ({"a": 1} if tag else None)


@pytest.mark.parametrize(("kind", "code", "tag"), [("stored", 200, ""), ("null", 200, None), ("refused", 400, "vip")])
def test_10_an_empty_text_is_stored_or_becomes_null_or_is_refused(kind: Any, code: int, tag: str | None) -> None:
    with emulated(empty=kind) as (_, call):
        sid = call.create(row(tag="vip")).data[0]["sid"]
        got = call("PUT", f"/{sid}", {"tag": ""})
        assert (got.status, got.json["response"]["code"]) == (code, code)
        assert call("GET", f"/{sid}").data["tag"] == tag


@pytest.mark.parametrize(("kind", "custom"), [("replace", {"b": {"d": 2}}), ("merge", {"a": 1, "b": {"c": 1, "d": 2}})])
def test_11_custom_field_is_replaced_or_merged(kind: Any, custom: object) -> None:
    with emulated(custom_update=kind) as (_, call):
        sid = call.create(row(custom_field={"a": 1, "b": {"c": 1}})).data[0]["sid"]
        assert call("PUT", f"/{sid}", {"custom_field": {"b": {"d": 2}}}).data["custom_field"] == custom


@pytest.mark.parametrize(("kind", "custom"), [("ignored", None), ("alias", {"a": 1})])
def test_12_custom_is_ignored_or_an_alias(kind: Any, custom: object) -> None:
    with emulated(custom_alias=kind) as (_, call):
        assert call.create(row(custom={"a": 1})).data[0]["custom_field"] == custom


def test_13_a_number_may_change_to_a_free_one_or_not_at_all() -> None:
    with emulated() as (remote, call):
        sid = call.create(row(1), row(2)).data[0]["sid"]
        assert call("PUT", f"/{sid}", {"number": number(3)}).data["number"] == number(3)
        assert call("PUT", f"/{sid}", {"number": number(2)}).status == 409
        assert call.create(row(1)).codes == [200]
        remote.switches.number_change = "refused"
        assert call("PUT", f"/{sid}", {"number": number(4)}).status == 400
        assert call("PUT", f"/{sid}", {"number": number(3), "tag": "x"}).status == 200


@pytest.mark.parametrize(
    ("kind", "sent", "shown"),
    [
        ("local", "9100000001", "+919100000001"),
        ("local", "09100000001", "+919100000001"),
        ("local", "+67420336456", "+67420336456"),
        ("local", "919100000001", None),
        ("local", "+91 9100000001", None),
        ("local", "+9191000", None),
        ("strict", "9100000001", None),
        ("strict", "+919100000001", "+919100000001"),
        ("echo", "09100000001", "09100000001"),
    ],
)
def test_14_numbers_that_are_not_e164(kind: Any, sent: str, shown: str | None) -> None:
    with emulated(numbers=kind) as (_, call):
        got = call.create({"number": sent})
        if shown is None:
            assert (got.codes, got.entries[0]["error_data"]["code"]) == ([400], 1002)
        else:
            assert got.data[0]["number"] == shown
        if kind == "echo":
            assert call.create({"number": "+919100000001"}).codes == [409]


def test_15_unknown_fields_are_ignored_or_refuse_the_request() -> None:
    with emulated() as (remote, call):
        got = call.create(row(1, first_nam="x"))
        assert (got.codes, "first_nam" in got.data[0]) == ([200], False)
        remote.switches.unknown_fields = "reported"
        got = call.create(row(2, first_nam="x"), row(3))
        assert (got.status, len(remote.store)) == (400, 1)
        assert got.entries[0]["error_data"]["description"] == 'json: unknown field "first_nam"'


@pytest.mark.parametrize("wrong", [{"tag": 7}, {"number": 9100000002}, {"custom_field": "text"}, {"email": True}])
def test_16_a_wrong_json_type_refuses_the_request_or_its_row(wrong: dict[str, Any]) -> None:
    with emulated() as (remote, call):
        got = call.create(row(1), row(2) | wrong)
        assert (got.status, got.entries[0]["error_data"]["code"], len(remote.store)) == (400, 1007, 0)
        remote.switches.wrong_type = "entry"
        got = call.create(row(1), row(2) | wrong)
        assert (got.status, got.codes, len(remote.store)) == (207, [200, 400], 1)


def test_17_a_second_delete_is_http_404_or_http_200_with_entry_404() -> None:
    with emulated() as (remote, call):
        sid = call.create(row()).data[0]["sid"]
        assert call("DELETE", f"/{sid}").status == 200
        assert call("DELETE", f"/{sid}").status == 404
        remote.switches.deleted_again = "ok_with_entry"
        got = call("DELETE", f"/{sid}")
        assert (got.status, got.json["http_code"], got.json["response"]["code"]) == (200, 200, 404)


@pytest.mark.parametrize(("kind", "left"), [("go", 0), ("stay", 1)])
def test_18_memberships_go_with_the_contact_or_stay(kind: Any, left: int) -> None:
    with emulated(memberships=kind) as (remote, call):
        sid = call.create(row()).data[0]["sid"]
        members = remote.lists.add("List", [sid])
        call("DELETE", f"/{sid}")
        assert len(remote.store.lists[members]) == left


def test_19_reads_trail_writes_by_so_many_seconds() -> None:
    clock = Clock()
    with emulated(contacts=2, clock=clock, stale=5.0) as (remote, call):
        sid = call.create(row()).data[0]["sid"]
        assert (call("GET", f"/{sid}").status, len(call.listing())) == (404, 2)
        assert call.create(row()).codes == [409], "writes see the truth"
        clock.now += 4
        call("PUT", f"/{sid}", {"tag": "late"})
        clock.now += 1
        assert (call("GET", f"/{sid}").data["tag"], len(call.listing())) == (None, 3)
        clock.now += 4
        assert call("GET", f"/{sid}").data["tag"] == "late"
        call("DELETE", f"/{sid}")
        assert call("GET", f"/{sid}").status == 200
        remote.switches.stale = 0.0
        assert call("GET", f"/{sid}").status == 404


def test_20_ties_are_stable_or_mixed_within_runs_of_forty() -> None:
    with emulated(max_rows=200) as (remote, call):
        call.create(*(row(place) for place in range(100)))
        calm = [each["sid"] for each in call.listing()]
        assert calm == [each["sid"] for each in call.listing()]
        remote.switches.ties = "shuffled"
        pages = [[data["sid"] for data in call("GET", offset=40).data] for _ in range(5)]
        assert len({tuple(page) for page in pages}) > 1
        assert all(set(page) <= set(calm[40:80]) for page in pages)


def test_21_the_rate_limit_answers_429_until_the_bucket_has_filled() -> None:
    clock = Clock()
    with emulated(clock=clock, rate="30/minute") as (remote, call):
        assert [call("GET").status for _ in range(31)] == [200] * 30 + [429]
        got = call("GET")
        assert (got.headers["retry-after"], got.codes) == ("2", [429])
        assert got.entries[0]["error_data"]["code"] == 1006
        clock.now += 2
        assert [call("GET").status for _ in range(2)] == [200, 429]
        assert remote.log[-1].status == 429


def test_21_a_429_may_be_a_rest_exception_with_a_date_or_no_retry_after() -> None:
    with emulated(rate="1/minute", rate_shape="rest", retry_after="date") as (remote, call):
        call("GET")
        got = call("GET")
        assert got.json["RestException"]["Code"] == "RATE_LIMIT_EXCEEDED"
        assert parsedate_to_datetime(got.headers["retry-after"]).timestamp() == int(START) + 61
        remote.switches.retry_after = "none"
        assert "retry-after" not in call("GET").headers


def test_21_rate_headers_tell_what_is_left() -> None:
    with emulated(rate="30/minute", burst=5, rate_headers=True) as (_, call):
        got = call("GET")
        assert (got.headers["x-ratelimit-limit"], got.headers["x-ratelimit-remaining"]) == ("5", "4")
        assert int(got.headers["x-ratelimit-reset"]) == int(START) + 3


@pytest.mark.parametrize("kind", ["array", "object", "rest", "html"])
def test_22_a_bulk_call_that_fails_as_a_whole_has_one_of_four_forms(kind: Any) -> None:
    error = {"code": 400, "error_data": {"code": 1001, "description": "x", "message": "x"}, "status": "failure"}
    with emulated(whole_failure=kind) as (_, call):
        got = call.create()
        assert got.status == 400
        if kind == "html":
            assert got.headers["content-type"].startswith("text/html")
        elif kind == "rest":
            assert got.json["RestException"]["Status"] == 400
        else:
            assert shape(got.json["response"]) == shape([error] if kind == "array" else error)
            assert "metadata" not in got.json


def test_23_every_nth_write_is_applied_and_its_reply_lost() -> None:
    with emulated(lost_replies=2) as (remote, call):
        assert call.create(row(1)).status == 207
        with pytest.raises(ConnectionError):
            call.create(row(2))
        assert len(remote.store) == 2
        assert (remote.log[-1].status, remote.log[-1].applied) == (0, 1)
        assert call("GET").status == 200


def test_24_lengths_and_emails_are_free_or_checked_per_row() -> None:
    with emulated() as (remote, call):
        assert call.create(row(1, tag="x" * 999, email="no mail")).codes == [200]
        remote.switches.max_length, remote.switches.check_email = 255, True
        rows = [row(2, tag="x" * 256), row(3, tag="x" * 255), row(4, email="no mail"), row(5, email="a@example.com")]
        assert call.create(*rows).codes == [400, 200, 400, 200]


def test_26_a_401_may_be_a_rest_exception() -> None:
    with emulated(auth_shape="rest") as (_, call):
        call.headers["Authorization"] = "Basic bm86bm8="
        got = call("GET")
        assert (got.status, got.json["RestException"]["Message"]) == (401, "Authorization failed")


@pytest.mark.parametrize(
    ("name", "value"),
    [("order", "sorted"), ("max_rows", "5"), ("conflict_failed", 1), ("rate", "fast"), ("rate", "0/s"), ("stale", "1")],
)
def test_a_switch_refuses_what_it_does_not_know(name: str, value: object) -> None:
    switches = Switches()
    with pytest.raises(ValueError):
        switches.set({name: value})
    assert switches == Switches()


def test_a_misspelt_switch_is_an_error() -> None:
    with pytest.raises(AttributeError):
        Switches().set({"ordre": "request"})
