"""Requests in time: the rate, pauses, sharing, stopping; and what the environment may and may not change."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from email.utils import formatdate
from pathlib import Path

import pytest

from syncjob.emulator import Emulator
from syncjob.errors import ConfigError, Interrupted, NotDelivered, ReplyLost, SyncjobError
from syncjob.pacing import Tempo
from syncjob.transport import Answer, Auth, Event
from syncjob.transport.ledger import Ledger, parse_tempo
from syncjob.transport.replies import Fault, Raw
from syncjob.transport.wire import Wire
from tests.builders_remote import START, Line, Say, line, line_to, serving

TOO_MANY = Say(status=429, headers={"Retry-After": "30"})


def get(it: Line) -> Answer:
    return it.transport.call("GET", "/things", repeat=True)


def busy(*lines: Line, calls: int) -> float:
    """Seconds that `calls` calls take from every line, four threads each."""
    start = time.monotonic()
    with ThreadPoolExecutor(4 * len(lines)) as pool:
        list(pool.map(lambda place: get(lines[place % len(lines)]), range(calls * len(lines))))
    return time.monotonic() - start


# -- 429 ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("repeat", [True, False])
def test_a_429_is_waited_out_and_is_no_try(repeat: bool) -> None:
    with serving(*[TOO_MANY] * 7, Say()) as server:
        it = line(server.url)
        answer = it.transport.call("POST", "/things", body=b"{}", repeat=repeat)
        assert answer.attempts == 1
        assert it.time.slept == [30.0] * 7
        assert it.transport.stats.throttled == 7
        assert it.transport.stats.retries == 0


def test_a_date_to_come_back_at_is_read_by_the_servers_clock() -> None:
    hour_ahead = START + 3600
    headers = {"Date": formatdate(hour_ahead, usegmt=True), "Retry-After": formatdate(hour_ahead + 12, usegmt=True)}
    with serving(Say(status=429, headers=headers), Say()) as server:
        it = line(server.url)
        get(it)
    assert it.time.slept == [12.0]


def test_a_503_that_names_a_time_is_asked_again_then() -> None:
    with serving(Say(status=503, headers={"Retry-After": "17"}), Say()) as server:
        it = line(server.url)
        assert get(it).attempts == 2
    assert it.time.slept == [17.0]


def test_a_429_without_a_time_pauses_longer_each_time() -> None:
    with serving(*[Say(status=429)] * 4, Say()) as server:
        it = line(server.url)
        get(it)
    assert it.time.slept == pytest.approx([1.0, 2.0, 4.0, 8.0], abs=0.01)


def test_429_for_ever_ends_as_not_delivered() -> None:
    with serving(TOO_MANY) as server:
        it = line(server.url)
        with pytest.raises(NotDelivered) as caught:
            it.transport.call("POST", "/things", body=b"{}", repeat=False)
    assert caught.value.status == 429
    assert 1700 < it.time.now - START < 1900


def test_a_pause_longer_than_a_run_should_wait_ends_the_call_at_once() -> None:
    with serving(Say(status=429, headers={"Retry-After": "7200"}), Say()) as server:
        it = line(server.url)
        for _ in range(2):
            with pytest.raises(NotDelivered, match="120 minutes"):
                get(it)
        assert len(server.asked) == 1
    assert it.time.slept == []


def test_a_429_lowers_the_rate_and_time_brings_it_back() -> None:
    with serving(Say(), TOO_MANY, Say()) as server:
        it = line(server.url, rate=10.0)
        get(it)
        assert it.transport.rate == 10.0
        get(it)
        assert it.transport.rate == pytest.approx(5.0)
        it.time.now += 600
        assert it.transport.rate == 10.0


def test_auto_goes_faster_only_when_the_accounts_headers_allow_it() -> None:
    with Emulator(contacts=1) as remote:
        remote.switches.rate, remote.switches.rate_headers = "300/minute", True
        it = line_to(remote, rate="auto", clock=time.time)
        assert it.transport.rate == 0.5
        it.transport.call("GET", f"/v2/accounts/{remote.account}/contacts", repeat=True)
        assert it.transport.rate == pytest.approx(5.0, rel=0.05)


# -- the rate ----------------------------------------------------------------------------------------------------------


def test_threads_together_keep_the_rate() -> None:
    with serving(Say()) as server:
        it = line(server.url, rate=60.0, clock=time.time, sleep=None)
        assert busy(it, calls=25) >= 24 / 60


def test_runs_that_share_a_file_together_keep_the_rate(tmp_path: Path) -> None:
    with serving(Say()) as server:
        runs = [
            line(server.url, rate=60.0, clock=time.time, sleep=None, shared=tmp_path / "pace" / "rate")
            for _ in range(2)
        ]
        assert busy(*runs, calls=13) >= 25 / 60


def test_a_429_of_one_run_pauses_the_other(tmp_path: Path) -> None:
    with serving(TOO_MANY, Say()) as server:
        first, second = (line(server.url, shared=tmp_path / "rate", patience=10) for _ in range(2))
        with pytest.raises(NotDelivered):
            get(first)
        with pytest.raises(NotDelivered):
            get(second)
        assert len(server.asked) == 1


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b'{"last": "soon"}', b"\x00" * 512, b'{"last": 1e999}'])
def test_a_damaged_file_is_as_good_as_none(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "rate"
    path.write_bytes(text)
    assert parse_tempo(text) is None
    ledger = Ledger(path)
    ledger.step(lambda tempo: (Tempo(last=tempo.last + 5), None))
    assert Ledger(path).look() == Tempo(last=5)


def test_a_file_that_can_not_be_used_is_told_once_and_stops_nobody(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with serving(Say()) as server:
        it = line(server.url, rate=10.0, shared=tmp_path / "file" / "rate")
        get(it)
        get(it)
    assert it.kinds() == ["trouble", "reply", "reply"]
    assert sum(it.time.slept) == pytest.approx(0.1, rel=0.03)


def test_no_more_requests_are_on_their_way_than_allowed() -> None:
    together = threading.Barrier(3, timeout=0.2)

    def meet() -> None:
        try:
            together.wait()
        except threading.BrokenBarrierError:
            together.reset()

    with serving(Say(), during=meet) as server:
        it = line(server.url, concurrency=2, clock=time.time)
        busy(it, calls=6)
        assert server.most_at_once <= 2


def test_connections_are_kept_but_a_request_that_must_not_repeat_has_its_own() -> None:
    with Emulator() as remote:
        it = line_to(remote)
        for _ in range(3):
            it.transport.call("GET", f"/v2/accounts/{remote.account}/contacts", repeat=True)
        with pytest.raises(SyncjobError):
            it.transport.call("POST", f"/v2/accounts/{remote.account}/contacts", body=b"{}", repeat=False)
        ports = [entry.port for entry in remote.log]
    assert len(set(ports[:3])) == 1
    assert ports[3] != ports[0]


# -- stopping ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reply", "error"), [(TOO_MANY, Interrupted), (Say(status=503, headers={"Retry-After": "30"}), ReplyLost)]
)
def test_stop_ends_a_wait_at_once_and_tells_what_is_in_doubt(reply: Say, error: type[SyncjobError]) -> None:
    waiting = threading.Event()

    def watch(event: Event) -> None:
        if event.kind in ("pause", "retry"):
            waiting.set()

    with serving(reply) as server, ThreadPoolExecutor(1) as pool:
        it = line(server.url, clock=time.time, sleep=None, on_event=watch)
        call = pool.submit(get, it)
        assert waiting.wait(10)
        it.transport.stop()
        with pytest.raises(error):
            call.result(10)
        with pytest.raises(Interrupted):
            get(it)
        assert len(server.asked) == 1


# -- bounds and surroundings -------------------------------------------------------------------------------------------


def wire(url: str, **settings: object) -> Wire:
    given: dict[str, object] = {"timeout": 5.0, "connections": 1} | settings
    return Wire(url, Auth.basic("key", "token"), **given)  # type: ignore[arg-type]


def test_a_reply_is_bounded_in_size_and_in_time() -> None:
    with serving(Say(body=b"x" * 5000)) as server:
        large = wire(server.url, most_bytes=1000).send("GET", "/", {}, None)
        ticks = iter(range(0, 1000, 10))
        slow = wire(server.url, timer=lambda: next(ticks)).send("GET", "/", {}, None)
        whole = wire(server.url).send("GET", "/", {}, None)
    assert isinstance(large, Fault)
    assert "larger" in large.words
    assert isinstance(slow, Fault)
    assert "did not end" in slow.words
    assert isinstance(whole, Raw)
    assert len(whole.body) == 5000


def test_a_netrc_file_and_cookies_change_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login mallory password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with serving(Say(headers={"Set-Cookie": "a=b"})) as server:
        it = line(server.url, Auth(header="api-key", value="abc"))
        get(it)
        get(it)
    assert [set(map(str.lower, sent)) & {"authorization", "cookie"} for sent in server.headers] == [set(), set()]
    assert server.headers[0]["api-key"] == "abc"


def test_the_environments_proxy_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(Say(body=b'{"by": "proxy"}')) as proxy:
        for name in ("no_proxy", "NO_PROXY"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("http_proxy", proxy.url)
        assert get(line("http://localhost:9")).json == {"by": "proxy"}
        assert proxy.asked == ["GET http://localhost:9/things"]


def test_a_proxy_that_can_not_be_reached_proves_that_nothing_happened(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("https_proxy", "http://user:hush@127.0.0.1:9")
    with pytest.raises(NotDelivered) as caught:
        get(line("https://api.example.com"))
    assert "hush" not in str(caught.value)


def test_trusted_roots_that_are_named_but_not_there_are_a_problem_of_the_config(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "roots.pem"))
    with pytest.raises(ConfigError, match=r"roots\.pem"):
        line("https://api.example.com")
