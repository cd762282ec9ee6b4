"""Lists and memberships: the documented removal, and what must hold around it."""

from __future__ import annotations

from typing import Any

from tests.builders_emulator import Caller, Got, emulated, row, shape

FRESH = "2017-12-05T14:15:51.108069088+05:30"
SID = "d49b7a4781ea45dcb702825ce30494ba"


def on_lists(call: Caller, method: str, path: str = "", body: Any = None) -> Got:
    return call.raw(method, f"/v2/accounts/{call.remote.account}/lists{path}", body)


def test_removing_a_member_answers_like_the_sample_and_keeps_the_contact() -> None:
    association = {
        "sid": SID,
        "date_created": FRESH,
        "date_updated": FRESH,
        "account_sid": "Exotel",
        "list_id": "e46c2fe202904d579ae592d108cf87a0",
        "uri": f"/v2/Accounts/Exotel/contacts/{SID}",
    }
    entry = {"code": 200, "error_data": None, "status": "success", "data": association}
    expected = {"request_id": SID, "method": "DELETE", "http_code": 200, "response": entry}
    with emulated() as (remote, call):
        sid = call.create(row()).data[0]["sid"]
        members = remote.lists.add("Clinic", [sid])
        got = on_lists(call, "DELETE", f"/{members}/contacts/{sid}")
        assert got.status == 200
        assert shape(got.json) == shape(expected)
        assert (len(remote.store.lists[members]), len(remote.store)) == (0, 1)
        assert on_lists(call, "DELETE", f"/{members}/contacts/{sid}").status == 404


def test_a_list_is_made_filled_read_and_deleted() -> None:
    with emulated(contacts=3) as (remote, call):
        sids = [contact["sid"] for contact in call.listing()]
        made = on_lists(call, "POST", body={"lists": [{"name": "Clinic"}, {"name": "Clinic"}, {}]})
        assert (made.status, made.codes, "data" in made.entries[1]) == (207, [200, 409, 400], False)
        path = f"/{made.data[0]['sid']}"
        references = [{"contact_sid": sid} for sid in (*sids[:2], "0" * 32)]
        added = on_lists(call, "POST", f"{path}/contacts", {"contact_references": references})
        assert added.codes == [200, 200, 404]
        assert [each["sid"] for each in on_lists(call, "GET", f"{path}/contacts").data] == sids[:2]
        assert on_lists(call, "GET", path).data["contact_count"] == 2
        assert [each["name"] for each in on_lists(call, "GET", "?name=Clinic").data] == ["Clinic"]
        assert on_lists(call, "DELETE", path).status == 200
        assert (on_lists(call, "GET", path).status, len(remote.store)) == (404, 3)


def test_contacts_can_be_listed_by_list() -> None:
    with emulated(contacts=5) as (remote, call):
        sids = [contact["sid"] for contact in call.listing()]
        first, second = remote.lists.add("a", sids[3:]), remote.lists.add("b", sids[:1])
        assert [each["sid"] for each in call("GET", list_sids=first).data] == sids[3:]
        assert len(call("GET", list_sids=f"{first},{second}").data) == 3
        assert call("GET", list_sids="0" * 32).json["metadata"]["total"] == 0


def test_an_empty_body_for_members_names_what_is_missing() -> None:
    with emulated() as (remote, call):
        path = f"/{remote.lists.add('a')}/contacts"
        got = on_lists(call, "POST", path, {})
        assert got.entries[0]["error_data"]["description"] == "ContactReferences is mandatory"
