"""Single requests: what is tried again, what is proven, what is told, and what never gets out."""

from __future__ import annotations

import socket
import traceback
from typing import Any

import pytest
from requests import exceptions as foreign
from urllib3 import HTTPConnectionPool
from urllib3 import exceptions as below

from syncjob.emulator import Emulator
from syncjob.errors import CallFailed, CallRefused, ConfigError, NotDelivered, RemoteError, RemoteRefused, ReplyLost
from syncjob.transport import Answer, Auth
from syncjob.transport.addresses import checked_path
from syncjob.transport.judging import judge, parse
from syncjob.transport.replies import Raw
from syncjob.transport.wire import TABLE, fault_of
from tests.builders_remote import START, Say, line, line_to, serving

POOL: Any = HTTPConnectionPool("127.0.0.1")  # errors want one, and some a connection, to name themselves by
GONE = "http://127.0.0.1:9"  # the discard port: nobody listens


def path(remote: Emulator, *more: str) -> str:
    return "/".join([f"/v2/accounts/{remote.account}/contacts", *more])


def test_the_error_table_knows_every_error_of_requests() -> None:
    known = {kind for kind in vars(foreign).values() if isinstance(kind, type)}
    errors = {kind for kind in known if issubclass(kind, foreign.RequestException)}
    assert errors == set(TABLE)


UNKNOWN_NAME = below.NameResolutionError("host", POOL, socket.gaierror())
PROOFS: list[tuple[foreign.RequestException, str]] = [
    (foreign.ConnectionError(below.MaxRetryError(POOL, "/", below.NewConnectionError(POOL, "refused"))), "unreached"),
    (
        foreign.ConnectionError(below.MaxRetryError(POOL, "/", UNKNOWN_NAME)),
        "unreached",
    ),
    (foreign.ConnectTimeout(below.MaxRetryError(POOL, "/", below.ConnectTimeoutError(POOL, "slow"))), "unreached"),
    (foreign.SSLError(below.MaxRetryError(POOL, "/", below.SSLError("CERTIFICATE_VERIFY_FAILED"))), "hopeless"),
    (foreign.SSLError(below.SSLError("bad record mac")), "doubt"),
    (foreign.ConnectionError(below.ProtocolError("Connection aborted.", ConnectionResetError())), "doubt"),
    (foreign.ReadTimeout(), "doubt"),
    (foreign.ConnectionError(), "doubt"),
]


@pytest.mark.parametrize(("error", "proof"), PROOFS)
def test_only_a_connection_that_never_came_about_proves_that_nothing_happened(
    error: foreign.RequestException, proof: str
) -> None:
    assert fault_of(error).proof == proof


def test_an_answer_carries_status_json_request_id_and_the_servers_clock() -> None:
    with Emulator(contacts=3) as remote:
        answer = line_to(remote).transport.call("GET", path(remote), query={"limit": 20, "offset": 0}, repeat=True)
        assert answer.status == 200
        assert isinstance(answer.json, dict)
        assert answer.request_id == answer.json["request_id"]
        assert answer.date is not None
        assert answer.attempts == 1


def test_a_body_leaves_as_json_with_its_length_and_nothing_else_is_asked_for() -> None:
    with serving(Say(body=b'{"response": []}')) as server:
        line(server.url).transport.call("POST", "/things", body=b'{"a": 1}', repeat=False)
        sent = {name.lower(): value for name, value in server.headers[0].items()}
    assert sent["content-type"] == "application/json"
    assert sent["content-length"] == "8"
    assert sent["accept"] == "application/json"
    assert "transfer-encoding" not in sent


# -- tries -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("trouble", ["error", "cut", "short", "html", "garbage"])
def test_what_may_be_repeated_is_tried_until_it_works(trouble: str) -> None:
    with Emulator(contacts=1) as remote:
        remote.faults.add(trouble, times=4)  # type: ignore[arg-type]
        it = line_to(remote)
        answer = it.transport.call("GET", path(remote), repeat=True)
        assert answer.attempts == 5
        assert it.time.slept == [0.5, 1.0, 2.0, 4.0]
        assert it.transport.stats.requests == 5
        assert it.transport.stats.retries == 4


@pytest.mark.parametrize("trouble", ["error", "cut", "short", "html", "garbage"])
def test_after_five_tries_the_reply_is_lost(trouble: str) -> None:
    with Emulator(contacts=1) as remote:
        remote.faults.add(trouble, times=None)  # type: ignore[arg-type]
        with pytest.raises(ReplyLost) as caught:
            line_to(remote).transport.call("GET", path(remote), repeat=True)
        assert caught.value.attempts == 5
        assert len(remote.log) == 5


@pytest.mark.parametrize("trouble", ["error", "cut", "short", "html", "garbage"])
def test_what_may_not_be_repeated_is_sent_once_and_in_doubt(trouble: str) -> None:
    with Emulator() as remote:
        remote.faults.add(trouble, times=None, when="after")  # type: ignore[arg-type]
        with pytest.raises(ReplyLost):
            line_to(remote).transport.call("POST", path(remote), body=b'{"contacts": []}', repeat=False)
        assert len(remote.log) == 1


def test_a_reply_that_takes_too_long_is_in_doubt() -> None:
    with Emulator() as remote:
        remote.faults.add("hold", seconds=30.0)
        with pytest.raises(ReplyLost, match="no reply"):
            line_to(remote, timeout=0.05).transport.call("POST", path(remote), body=b"{}", repeat=False)
        assert len(remote.log) == 1


@pytest.mark.parametrize("repeat", [True, False])
def test_a_connection_that_never_came_about_is_tried_again_and_proves_that_nothing_happened(repeat: bool) -> None:
    it = line(GONE)
    with pytest.raises(NotDelivered, match="can't be reached") as caught:
        it.transport.call("POST", "/things", body=b"{}", repeat=repeat)
    assert caught.value.attempts == 5
    assert len(it.time.slept) == 4


def test_a_refusal_in_words_is_final_and_carries_them() -> None:
    with Emulator() as remote:
        with pytest.raises(CallRefused) as caught:
            line_to(remote).transport.call("GET", path(remote, "0" * 32), repeat=True)
        assert (caught.value.status, caught.value.words) == (404, "Contact not found")
        assert caught.value.request_id
        assert len(remote.log) == 1


def test_a_failure_inside_http_200_counts_like_one_outside() -> None:
    body = b'{"http_code":200,"response":{"code":404,"status":"failure","error_data":{"description":"no"}}}'
    with serving(Say(body=body)) as server, pytest.raises(CallRefused) as caught:
        line(server.url).transport.call("GET", "/things/1", repeat=True)
    assert caught.value.status == 404


def test_a_refusal_that_can_not_be_read_proves_nothing() -> None:
    page = b"<html><title>404</title>Not here</html>"
    with serving(Say(status=404, body=page)) as server, pytest.raises(ReplyLost, match="Not here"):
        line(server.url).transport.call("POST", "/things", body=b"{}", repeat=False)


def test_once_a_try_is_in_doubt_the_call_stays_so() -> None:
    with serving(Say(status=503), Say(status=401)) as server, pytest.raises(RemoteRefused) as caught:
        line(server.url).transport.call("PUT", "/things", body=b"{}", repeat=True)
    assert caught.value.in_doubt
    too_many = Say(status=429, headers={"Retry-After": "600"})
    with serving(Say(status=503), too_many) as server, pytest.raises(ReplyLost):
        line(server.url, patience=900).transport.call("PUT", "/things", body=b"{}", repeat=True)


def test_an_answer_that_is_not_what_was_asked_for_counts_as_unreadable() -> None:
    def check(answer: Answer) -> None:
        if answer.json == {"page": 1}:
            raise ValueError("the wrong page")

    with serving(Say(body=b'{"page": 1}'), Say(body=b'{"page": 2}')) as server:
        it = line(server.url)
        assert it.transport.call("GET", "/things", repeat=True, check=check).json == {"page": 2}
    assert [event.words for event in it.events if event.kind == "retry"] == [
        "The remote's reply makes no sense (200): the wrong page."
    ]


# -- refused for good --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "words"), [(401, "other region"), (402, "balance"), (403, "IP address is not allowed")]
)
@pytest.mark.parametrize("shape", ["envelope", "rest", "html"])
def test_401_402_and_403_stop_at_once_and_say_what_to_look_at(status: int, words: str, shape: str) -> None:
    with Emulator() as remote:
        remote.faults.add("error", status=status, shape=shape, times=None)
        with pytest.raises(RemoteRefused, match=words) as caught:
            line_to(remote).transport.call("GET", path(remote), repeat=True)
        assert (caught.value.status, caught.value.in_doubt) == (status, False)
        assert len(remote.log) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_refused_and_nobody_else_hears_of_us(status: int) -> None:
    with serving(Say()) as elsewhere, Emulator() as remote:
        remote.faults.add("redirect", status=status, url=elsewhere.url + "/contacts")
        with pytest.raises(RemoteRefused, match="elsewhere"):
            line_to(remote).transport.call("GET", path(remote), repeat=True)
        assert elsewhere.asked == []


@pytest.mark.parametrize(
    "url",
    [
        "http://api.example.com",
        "ftp://127.0.0.1",
        "api.example.com",
        "https://key:token@api.example.com",
        "https://a?b=c",
    ],
)
def test_credentials_go_to_https_or_this_machine_only(url: str) -> None:
    with pytest.raises(ConfigError) as caught:
        line(url)
    assert "token@" not in str(caught.value)


@pytest.mark.parametrize(
    "text", ["/contacts/..", "/contacts/../lists", "//evil", "/a b", "/a?b", "/a\n", "contacts", ""]
)
def test_a_path_that_could_lead_elsewhere_is_an_error_of_ours(text: str) -> None:
    with pytest.raises(ValueError, match="not a path"):
        checked_path(text)


# -- words -------------------------------------------------------------------------------------------------------------

SHAPES = {
    b'{"response": {"code": 400, "error_data": {"description": "too long"}}}': "too long",
    b'{"response": [{"code": 400, "error_data": {"code": 1002, "message": "too long"}}]}': "too long",
    b'{"RestException": {"Status": 400, "Message": "too long"}}': "too long",
    b'"too long"': "too long",
    b'{"message": "too long"}': "too long",
    b'{"error": {"message": "too long"}}': "too long",
    b'"\\u001b[2Jtoo\\r\\nlong\\u202e"': "[2Jtoo long",
    b"[]": "",
    b"null": "",
    b"7": "",
}


@pytest.mark.parametrize("body", SHAPES)
def test_the_remotes_words_are_found_in_every_shape_and_made_harmless(body: bytes) -> None:
    with serving(Say(status=400, body=body)) as server, pytest.raises(CallRefused) as caught:
        line(server.url).transport.call("GET", "/things", repeat=True)
    assert caught.value.words == (SHAPES[body] or caught.value.message)


def test_half_characters_do_not_make_a_reply_unreadable_but_nan_does() -> None:
    assert parse(b'{"name": "a\\ud800b"}') == ({"name": "a?b"}, True)
    assert parse(b'{"name": NaN}') == (None, False)
    assert parse(b"[" * 100_000) == (None, False)
    assert parse(b'{"a": "\xff"}') == (None, False)


def test_half_a_page_of_contacts_is_never_quoted() -> None:
    found = judge(Raw(200, {}, b'{"response": [{"data": {"number": "+919000000001"'), "host", START)
    assert "9000000001" not in repr(found)


def test_no_secret_gets_out() -> None:
    auth, body = Auth.basic("the-key", "hush-hush"), b'"private"'
    shown = [repr(auth), str(auth)]
    for url in (GONE, "https://127.0.0.1:9"):
        it = line(url, auth)
        shown += [repr(it.transport)]
        with pytest.raises(CallFailed) as caught:
            it.transport.call("POST", "/things", body=body, repeat=True)
        error = caught.value
        assert error.__context__ is None
        assert error.__cause__ is None
        shown += ["".join(traceback.format_exception(error)), repr(it.events)]
    secrets = ["hush-hush", auth.value, auth.value.split()[1], '"private']
    assert not [secret for secret in secrets for text in shown if secret in text]


def test_an_empty_reply_is_an_answer_only_under_204() -> None:
    with serving(Say(status=204, body=b"")) as server:
        assert line(server.url).transport.call("DELETE", "/things/1", repeat=True).json is None
    with serving(Say(body=b"")) as server, pytest.raises(RemoteError):
        line(server.url).transport.call("DELETE", "/things/1", repeat=True)
