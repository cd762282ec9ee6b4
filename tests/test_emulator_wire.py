"""On the wire and from outside: connections, the log, the control path, a process of its own, the command."""

from __future__ import annotations

import ast
import json
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

import syncjob.emulator
from syncjob.emulator import Emulator, Request
from tests.builders_emulator import Caller, Clock, emulated, number, row


def test_one_connection_carries_many_requests() -> None:
    with emulated(contacts=1) as (remote, call):
        for _ in range(20):
            call("GET")
        call.create(row())
        assert len({entry.port for entry in remote.log}) == 1


def test_starting_and_stopping_takes_no_poll_interval() -> None:
    began = time.perf_counter()
    for _ in range(20):
        with Emulator():
            pass
    assert time.perf_counter() - began < 2


def test_stopping_closes_open_connections_and_frees_the_port() -> None:
    remote = Emulator().start()
    call = Caller(remote)
    call("GET")
    remote.stop()
    with pytest.raises(ConnectionError):
        call("GET")
    call.wire.close()
    with Emulator(port=int(remote.url.rpartition(":")[2])) as again:
        assert again.url == remote.url


def test_many_clients_at_once_store_every_row_once() -> None:
    with emulated() as (remote, _):

        def work(place: int) -> None:
            call = Caller(remote)
            call.create(*(row(each) for each in range(place, place + 20)))
            call.wire.close()

        threads = [threading.Thread(target=work, args=(place * 10,)) for place in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(str(each["number"]) for each in remote.store.export()) == [number(place) for place in range(90)]


def test_a_request_cut_off_within_its_body_is_not_executed() -> None:
    with emulated() as (remote, call):
        host, port = remote.url.removeprefix("http://").split(":")
        head = f"POST /v2/accounts/{remote.account}/contacts HTTP/1.1\r\nContent-Length: 500\r\n\r\n"
        with socket.create_connection((host, int(port))) as wire:
            wire.sendall(head.encode() + b'{"contacts": []}')
        call("GET")
        assert [entry.call for entry in remote.log] == ["page"]


def test_a_chunked_body_looks_empty_to_the_remote() -> None:
    with emulated() as (remote, call):
        path = f"/v2/accounts/{remote.account}/contacts"
        call.wire.request("POST", path, iter([b'{"contacts":', b"[]}"]), call.headers, encode_chunked=True)
        reply = call.wire.getresponse()
        assert (reply.status, b"Contacts is mandatory" in reply.read()) == (400, True)
        assert call("GET").status == 200


def test_the_date_header_goes_by_the_clock_of_the_emulator() -> None:
    clock = Clock()
    clock.now = 1_621_758_090.9
    with emulated(clock=clock) as (_, call):
        assert call("GET").headers["date"] == "Sun, 23 May 2021 08:21:30 GMT"


def test_the_log_tells_what_was_received_and_done_without_secrets() -> None:
    with emulated() as (remote, call):
        sid = call.create(row(1), row(1)).data[0]["sid"]
        call("GET", offset=0, limit=20)
        call("DELETE", f"/{sid}")
        call("PUT", body=b"no json")
        create, page, delete, broken = remote.log
        assert (create.call, create.method, create.status, create.applied) == ("create", "POST", 207, 1)
        assert create.body == {"contacts": [row(1), row(1)]}
        assert (page.query, page.body, page.applied) == ({"offset": "0", "limit": "20"}, None, 0)
        assert (delete.path, delete.applied) == (f"/v2/accounts/{remote.account}/contacts/{sid}", 1)
        assert (broken.body, broken.status) == ("no json", 400)
        assert remote.token not in json.dumps(remote.log.show())
        assert create.headers["content-type"] == "application/json"
        assert "authorization" not in create.headers
        assert remote.log.applied() == [create, delete]
        assert remote.log.writes() == [create, delete, broken]
        assert remote.log.of("page", "read") == [page]


def test_latency_is_waited_for_on_the_server() -> None:
    with emulated(latency=0.05) as (_, call):
        began = time.perf_counter()
        call("GET")
        assert time.perf_counter() - began >= 0.05


def test_a_reset_brings_back_the_start() -> None:
    with emulated(contacts=3) as (remote, call):
        before = remote.store.export()
        call.create(row())
        remote.switches.duplicate = "upsert"
        remote.faults.add("error", times=None)
        remote.faults.refuse(number(1))
        remote.lists.add("x")
        remote.reset()
        assert (remote.store.export(), len(remote.log), remote.switches.duplicate) == (before, 0, "existing")
        assert call.create(row(1)).codes == [200]
        assert remote.store.lists == {}


def test_an_error_of_the_emulator_itself_is_raised_at_the_end() -> None:
    def meddle(page: int, store: object) -> None:
        raise LookupError("an error of the test's own")

    remote = Emulator().start()
    remote.faults.meddler = meddle
    call = Caller(remote)
    with pytest.raises(ConnectionError):
        call("GET")
    call.wire.close()
    with pytest.raises(LookupError):
        remote.stop()


# -- control path ------------------------------------------------------------------------------------------------------


def test_the_control_path_sets_switches_and_tells_them() -> None:
    with emulated() as (remote, call):
        assert call.control("switches", {"duplicate": "upsert", "stale": 2})["duplicate"] == "upsert"
        assert remote.switches.stale == 2
        assert call.control("switches")["order"] == "request"


def test_the_control_path_seeds_dumps_and_resets() -> None:
    with emulated() as (remote, call):
        assert call.control("seed", {"count": 30, "per_second": 30}) == {"added": 30, "total": 30}
        assert call.control("seed", {"contacts": [row(1)]})["total"] == 31
        assert call.control("dump") == remote.store.export()
        assert call.control("dump", {"plain": True})[-1]["first_name"] == "Name 1"
        sid = call.control("lists", {"name": "x", "members": [remote.store.export()[0]["sid"]]})["sid"]
        assert len(remote.store.lists[sid]) == 1
        call.control("reset")
        assert call.control("dump") == []


def test_the_control_path_adds_faults_of_every_kind() -> None:
    with emulated(contacts=30) as (_, call):
        call.control("faults", {"action": "error", "call": "read", "status": 500})
        call.control("faults", [{"action": "entries_missing", "rows": [0], "call": "create"}])
        call.control("rows", {"number": number(1), "text": "blocked"})
        call.control("churn", {"page": 1, "delete": 0, "add": row(9)})
        assert call("GET").json["metadata"]["total"] == 30
        assert call("GET", f"/{'0' * 32}").status == 500
        assert call.create(row(0), row(1)).codes == [400]
        shown = call.control("faults", {})
        assert [(rule["action"], rule["fired"]) for rule in shown] == [("error", 1), ("entries_missing", 1)]
        assert call.control("faults", {"clear": True}) == []


def test_the_control_path_shows_and_clears_the_log_and_is_not_in_it() -> None:
    with emulated() as (remote, call):
        call("GET", limit=5)
        assert [(entry["call"], entry["query"]) for entry in call.control("log")] == [("page", {"limit": "5"})]
        call.control("log", {"clear": True})
        assert len(remote.log) == 0


def test_the_control_path_lets_go_of_held_replies() -> None:
    with emulated() as (remote, call):
        remote.faults.add("hold", when="after", seconds=30)
        other = Caller(remote)
        waiting = threading.Thread(target=other, args=("GET",))
        waiting.start()
        assert remote.gate.until_waiting()
        call.control("release")
        waiting.join(5)
        other.wire.close()
        assert remote.log[0].status == 200


@pytest.mark.parametrize(
    ("what", "body"),
    [
        ("switches", {"order": "x"}),
        ("switches", {"ordre": "x"}),
        ("faults", {"action": "x"}),
        ("faults", {"action": "cut", "whom": 1}),
        ("rows", {"text": "x"}),
        ("seed", {}),
        ("seed", b"{"),
    ],
)
def test_nonsense_on_the_control_path_is_400(what: str, body: object) -> None:
    with emulated() as (_, call):
        got = call.raw("POST", f"/_sandbox/{what}", body)
        assert (got.status, list(got.json)) == (400, ["error"])


def test_the_control_path_is_served_on_loopback_only() -> None:
    request = Request("POST", "/_sandbox/dump", peer=("127.0.0.1", 1))
    assert Emulator().handle(request).status == 200
    assert Emulator(host="0.0.0.0").handle(request).status == 401
    assert Emulator().handle(Request("POST", "/_sandbox/dump", peer=("192.0.2.7", 1))).status == 401
    assert Emulator().handle(Request("POST", "/_sandbox/nothing")).status == 404


# -- other processes ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("end", ["stdin", "sigterm"])
def test_a_process_of_its_own_says_where_it_is_and_ends_when_told(end: str) -> None:
    command = [sys.executable, "-m", "syncjob.emulator", "--contacts", "3", "--rate", "30/minute", "--latency-ms", "1"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin
        assert process.stdout
        ready = json.loads(process.stdout.readline())
        assert ready["pid"] == process.pid
        call = Caller(Emulator(port=int(ready["url"].rpartition(":")[2])))
        assert (len(call.listing()), call.control("switches")["rate"]) == (3, "30/minute")
        call.wire.close()
        if end == "stdin":
            process.stdin.close()
        else:
            process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0


def test_the_emulator_shares_no_code_with_the_client() -> None:
    folder = Path(syncjob.emulator.__file__).parent
    for path in folder.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [node.module] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            for name in filter(None, names):
                root = name.split(".")[0]
                assert name.startswith("syncjob.emulator") or root in {*sys.stdlib_module_names, "orjson"}, path
