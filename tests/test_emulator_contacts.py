"""The six calls: every documented exchange is replayed, and the reply has the sample's shape (keys, order, forms)."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.builders_emulator import Clock, emulated, number, row, shape

SID, OTHER = "4440b6e1a85f489b87d76d8779956caf", "83ba26b7f11c4e75b4043c8b33ceba49"
FRESH, READ = "2021-05-23T13:51:30.15101622+05:30", "2021-05-23T08:21:30Z"
FULL = {
    "first_name": "captain",
    "last_name": "exotel",
    "company_name": "Exotel",
    "email": "captain@email.com",
    "tag": "API",
    "custom_field": {"key": {"key1": "values1"}},
}
EMPTY = dict.fromkeys(FULL)


def contact(date: str = READ, uri: str = f"/v2/accounts/exotel8u3/contacts/{SID}", **fields: Any) -> dict[str, Any]:
    """A contact as the documents' samples show it."""
    dates = {"date_created": date, "date_updated": date}
    return {"sid": SID, **dates, "account_sid": "exotel8u3", "number": "+919101234511", **FULL, **fields, "uri": uri}


def good(data: dict[str, Any]) -> dict[str, Any]:
    return {"code": 200, "error_data": None, "status": "success", "data": data}


def sample(method: str, code: int, response: object, metadata: dict[str, int] | None = None) -> dict[str, Any]:
    """A whole documented reply."""
    start: dict[str, Any] = {"request_id": "e623a09f108d4fe0b5c442024f3d30bb", "method": method, "http_code": code}
    return start | ({"metadata": metadata} if metadata else {}) | {"response": response}


MISSING = {
    "code": 404,
    "error_data": {"code": 1000, "description": "Contact not found", "message": "Not Found"},
    "status": "failure",
}


def test_create_answers_like_the_sample() -> None:
    expected = sample("POST", 207, [good(contact(FRESH))] * 2, {"failed": 0, "total": 2, "success": 2})
    with emulated() as (remote, call):
        got = call.create(row(1, **FULL), row(2, **FULL))
        assert got.status == 207
        assert shape(got.json) == shape(expected)
        assert [data["number"] for data in got.data] == [number(1), number(2)]
        assert all(data["account_sid"] == remote.account for data in got.data)


def test_update_of_one_answers_like_the_sample_and_changes_only_what_is_given() -> None:
    with emulated() as (_, call):
        sid = call.create(row(1, **FULL)).data[0]["sid"]
        got = call("PUT", f"/{sid}", {"first_name": "XYZ"})
        assert got.status == 200
        assert shape(got.json) == shape(sample("PUT", 200, good(contact())))
        assert got.data["first_name"] == "XYZ"
        assert {name: got.data[name] for name in FULL if name != "first_name"} == {
            name: value for name, value in FULL.items() if name != "first_name"
        }


def test_update_of_many_answers_like_the_sample_with_its_odd_uri_and_failures_without_data() -> None:
    odd = contact(uri="/v2/Accounts/Exotel/Contacts/4675ce5f21994bcca8cf07c7e0426be7")
    expected = sample("PUT", 207, [good(odd), MISSING, MISSING], {"failed": 2, "total": 3, "success": 1})
    with emulated() as (_, call):
        sid = call.create(row(1, **FULL)).data[0]["sid"]
        got = call.update({"sid": sid, "first_name": "XYZ"}, {"sid": OTHER, "tag": "a"}, {"sid": SID, "tag": "b"})
        assert got.status == 207
        assert shape(got.json) == shape(expected)
        assert got.data[0]["sid"] == sid
        assert not got.data[0]["uri"].endswith(sid)


def test_get_one_answers_like_the_sample() -> None:
    with emulated() as (_, call):
        sid = call.create(row(1, **FULL)).data[0]["sid"]
        got = call("GET", f"/{sid}")
        assert got.status == 200
        assert shape(got.json) == shape(sample("GET", 200, good(contact())))


def test_get_many_answers_like_the_sample_with_explicit_nulls() -> None:
    metadata = {"count": 6, "offset": 0, "limit": 20, "total": 6}
    expected = sample("GET", 200, [good(contact(**EMPTY))] * 6, metadata)
    with emulated() as (_, call):
        call.create(*({"number": number(place)} for place in range(6)))
        got = call("GET", offset=0, limit=20)
        assert got.status == 200
        assert shape(got.json) == shape(expected)


def test_delete_answers_like_the_sample_with_the_last_state_and_dates_unmoved() -> None:
    clock = Clock()
    with emulated(clock=clock) as (remote, call):
        sid = call.create(row(1, **FULL)).data[0]["sid"]
        before = call("GET", f"/{sid}").data
        clock.now += 100
        got = call("DELETE", f"/{sid}")
        assert (got.status, got.data) == (200, before)
        assert shape(got.json) == shape(sample("DELETE", 200, good(contact())))
        assert len(remote.store) == 0


def test_dates_of_create_and_of_reads_are_the_same_instant() -> None:
    clock = Clock()
    clock.now = 1_621_758_090.15  # 2021-05-23T08:21:30.15Z
    with emulated(clock=clock) as (_, call):
        fresh = call.create(row()).data[0]
        assert re.fullmatch(r"2021-05-23T13:51:30\.1[45]\d*\+05:30", fresh["date_created"])
        assert call("GET", f"/{fresh['sid']}").data["date_created"] == "2021-05-23T08:21:30Z"


def test_an_update_moves_date_updated_only() -> None:
    clock = Clock()
    with emulated(clock=clock) as (_, call):
        sid = call.create(row()).data[0]["sid"]
        before = call("GET", f"/{sid}").data
        clock.now += 60
        after = call("PUT", f"/{sid}", {"tag": "new"}).data
        assert after["date_created"] == before["date_created"]
        assert after["date_updated"] > before["date_updated"]


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_an_unknown_sid_is_404_with_error_1000(method: str) -> None:
    with emulated() as (_, call):
        got = call(method, f"/{SID}", {"tag": "x"} if method == "PUT" else None)
        assert got.status == 404
        assert shape(got.json) == shape(sample(method, 404, MISSING))


def test_pages_hold_twenty_and_follow_the_order_of_creation() -> None:
    with emulated(contacts=45) as (remote, call):
        sizes = [len(call("GET", offset=offset).entries) for offset in (0, 20, 40, 60)]
        assert sizes == [20, 20, 5, 0]
        assert [each["sid"] for each in call.listing()] == [each["sid"] for each in remote.store.export()]


def test_offset_counts_records_and_limit_cuts() -> None:
    with emulated(contacts=10) as (_, call):
        everybody = call.listing()
        got = call("GET", offset=3, limit=4)
        assert got.data == everybody[3:7]
        assert got.json["metadata"] == {"count": 4, "offset": 3, "limit": 4, "total": 10}


def test_sorting_by_name_and_searching_by_name_and_unknown_filters() -> None:
    with emulated() as (_, call):
        call.create(row(1, first_name="Ira"), row(2, first_name="asha"), row(3, first_name="Dev", last_name="Ira"))
        assert [each["first_name"] for each in call("GET", sort_by="name:asc").data] == ["asha", "Dev", "Ira"]
        assert [each["first_name"] for each in call("GET", name="ira").data] == ["Ira", "Dev"]
        assert len(call("GET", filter="show_list", sort_by="date_created:asc").data) == 3
        assert call("GET", sort_by="tag:asc").status == 400


def test_wrong_credentials_are_401_with_error_1010_in_the_envelope() -> None:
    with emulated(contacts=1) as (_, call):
        for header in ("Basic bm86bm8=", "Bearer x", "Basic %%%", ""):
            call.headers["Authorization"] = header
            got = call("GET")
            assert (got.status, got.json["http_code"], got.codes) == (401, 401, [401])
            assert got.entries[0]["error_data"]["code"] == 1010


def test_another_account_is_403_or_404_and_unknown_paths_and_methods_are_said() -> None:
    with emulated() as (remote, call):
        assert call.raw("GET", "/v2/accounts/other/contacts").status == 403
        remote.switches.wrong_account = 404
        assert call.raw("GET", "/v2/accounts/other/contacts").status == 404
        assert call.raw("GET", "/v2_beta/Accounts/x/IncomingPhoneNumbers").status == 404
        assert call("PATCH").json["response"]["error_data"]["code"] == 1005
        assert [entry.call for entry in remote.log] == ["page", "page", "exophone_page", "unallowed"]


def test_more_than_5000_rows_are_refused_whole_and_nothing_is_stored() -> None:
    with emulated() as (remote, call):
        got = call.create(*({"number": number(place)} for place in range(5001)))
        assert (got.status, got.entries[0]["error_data"]["code"], len(remote.store)) == (400, 1002, 0)
        assert call.create(*({"number": number(place)} for place in range(5000))).json["metadata"]["success"] == 5000


@pytest.mark.parametrize(
    ("body", "code", "says"),
    [
        ({}, 1001, "Contacts is mandatory"),
        ({"contacts": []}, 1001, "Contacts is mandatory"),
        ([{"number": "+919100000001"}], 1007, "json: cannot unmarshal array"),
        ({"contacts": {"number": "+919100000001"}}, 1007, "json: cannot unmarshal object"),
        ({"contacts": ["+919100000001"]}, 1007, "json: cannot unmarshal string"),
        (b'{"contacts": [{"number": NaN}]}', 1007, ""),
        (b'{"contacts": [{}', 1007, ""),
    ],
)
def test_a_body_that_is_no_list_of_rows_is_refused_whole(body: object, code: int, says: str) -> None:
    with emulated() as (remote, call):
        got = call("POST", body=body)
        assert (got.status, got.codes) == (400, [400])
        assert got.entries[0]["error_data"]["code"] == code
        assert got.entries[0]["error_data"]["description"].startswith(says)
        assert "metadata" not in got.json
        assert len(remote.store) == 0


def test_rows_without_number_or_sid_fail_alone() -> None:
    with emulated() as (_, call):
        got = call.create({"first_name": "x"}, row(1))
        assert (got.status, got.codes) == (207, [400, 200])
        assert got.entries[0]["error_data"]["description"] == "Number is mandatory"
        got = call.update({"first_name": "x"}, {"sid": got.data[1]["sid"], "tag": "t"})
        assert (got.codes, got.json["metadata"]["failed"]) == ([400, 200], 1)
        assert got.entries[0]["error_data"]["description"] == "Sid is mandatory"


def test_a_deleted_number_can_be_created_again_with_a_new_sid() -> None:
    with emulated() as (_, call):
        first = call.create(row()).data[0]["sid"]
        call("DELETE", f"/{first}")
        again = call.create(row())
        assert again.codes == [200]
        assert again.data[0]["sid"] != first


def test_request_ids_are_unique() -> None:
    with emulated(contacts=1) as (remote, call):
        ids = [call("GET").json["request_id"] for _ in range(20)]
        assert len(set(ids)) == 20
        assert [entry.request_id for entry in remote.log] == ids
