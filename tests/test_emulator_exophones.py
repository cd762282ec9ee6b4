"""The emulated ExoPhones: pages without a total, one, and a release that is accepted."""

from __future__ import annotations

import pytest

from tests.builders_emulator import Caller, Clock, Got, emulated, shape


def ask(call: Caller, method: str, path: str = "", account: str = "") -> Got:
    return call.raw(method, f"/v2_beta/Accounts/{account or call.remote.account}/IncomingPhoneNumbers{path}")


def test_a_page_has_the_documented_keys_and_no_envelope() -> None:
    with emulated() as (remote, call):
        remote.exophones.seed(3)
        got = ask(call, "GET")
        keys = ["page", "page_size", "uri", "first_page_uri", "next_page_uri", "previous_page_uri"]
        assert [*got.json] == [*keys, "incoming_phone_numbers"]
        assert (got.status, got.json["page"], got.json["page_size"]) == (200, 0, 50)
        first = got.json["incoming_phone_numbers"][0]
        assert first["capabilities"] == {"voice": True, "sms": True}
        assert (first["phone_number"], first["country"], first["region"]) == ("+911140000000", "IN", "DL")
        assert shape(first["sid"]) == "hex"


def test_pages_are_counted_from_zero_and_only_the_last_has_no_next_one() -> None:
    with emulated() as (remote, call):
        sids = [phone.sid for phone in remote.exophones.seed(5)]
        pages = [ask(call, "GET", f"?Page={place}&PageSize=2").json for place in range(4)]
        assert [[phone["sid"] for phone in page["incoming_phone_numbers"]] for page in pages] == [
            sids[:2], sids[2:4], sids[4:], [],
        ]  # fmt: skip
        assert [page["next_page_uri"] is None for page in pages] == [False, False, True, True]
        assert pages[1]["previous_page_uri"].endswith("?Page=0&PageSize=2")
        assert not pages[0]["next_page_uri"].startswith(remote.url)


def test_pages_can_be_ignored() -> None:
    with emulated(phone_pages="ignored") as (remote, call):
        remote.exophones.seed(3)
        assert ask(call, "GET", "?Page=1&PageSize=2").json["page"] == 0


def test_one_phone_shows_where_its_calls_go() -> None:
    with emulated() as (remote, call):
        sid = remote.exophones.seed(1)[0].sid
        got = ask(call, "GET", f"/{sid}")
        assert (got.json["sid"], "voice_url" in got.json, got.json["sms_url"]) == (sid, True, None)


def test_a_release_is_accepted_and_then_the_phone_is_gone() -> None:
    with emulated() as (remote, call):
        sid = remote.exophones.seed(2)[0].sid
        got = ask(call, "DELETE", f"/{sid}")
        assert (got.status, got.json) == (202, {"Status": 202, "Message": "Accepted"})
        assert ask(call, "DELETE", f"/{sid}").status == ask(call, "GET", f"/{sid}").status == 404
        assert len(remote.exophones.there()) == 1
        assert [entry.applied for entry in remote.log.of("exophone_release")] == [1, 0]


def test_a_release_can_take_effect_later() -> None:
    clock = Clock()
    with emulated(clock=clock, release_delay=60.0) as (remote, call):
        sid = remote.exophones.seed(1)[0].sid
        assert ask(call, "DELETE", f"/{sid}").status == 202
        assert ask(call, "GET", f"/{sid}").status == 200
        assert ask(call, "DELETE", f"/{sid}").status == 202
        clock.now += 60
        assert ask(call, "GET", f"/{sid}").status == 404
        assert [entry.applied for entry in remote.log.applied()] == [1]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/" + "0" * 32, 404),
        ("DELETE", "/" + "0" * 32, 404),
        ("DELETE", "/a.b", 400),
        ("GET", "?Page=-1", 400),
        ("POST", "", 405),
        ("DELETE", "", 405),
        ("PUT", "/" + "0" * 32, 405),
        ("GET", "/x/y", 404),
    ],
)
def test_errors_are_rest_exceptions(method: str, path: str, status: int) -> None:
    with emulated() as (_, call):
        got = ask(call, method, path)
        assert (got.status, got.json["RestException"]["Status"]) == (status, status)


def test_other_credentials_and_accounts_are_rest_exceptions_too() -> None:
    with emulated() as (_, call):
        assert ask(call, "GET", account="other").json["RestException"]["Status"] == 403
        call.headers["Authorization"] = "Basic bm86bm8="
        assert ask(call, "GET").json["RestException"]["Status"] == 401


def test_faults_and_the_rate_limit_speak_its_language() -> None:
    with emulated() as (remote, call):
        remote.faults.add("error", call="exophone_page", status=500)
        remote.faults.add("lost_page", call="exophone_page")
        assert ask(call, "GET").json == {"RestException": {"Status": 500, "Message": "Internal Server Error"}}
        assert ask(call, "GET").json["RestException"]["Status"] == 404
        remote.switches.set({"rate": "1/minute", "burst": 1})
        assert [ask(call, "GET").status for _ in range(2)] == [200, 429]


def test_every_call_has_its_name_in_the_log_and_phones_can_be_added_from_another_process() -> None:
    with emulated() as (remote, call):
        sid = call.control("exophones", {"count": 1})[0]["sid"]
        for method, path in (("GET", ""), ("GET", f"/{sid}"), ("DELETE", f"/{sid}"), ("POST", "")):
            ask(call, method, path)
        names = ["exophone_page", "exophone_read", "exophone_release", "unallowed"]
        assert [entry.call for entry in remote.log] == names
        remote.exophones.seed(2)
        remote.reset()
        assert remote.exophones.there() == []
