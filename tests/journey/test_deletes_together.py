"""Deletes leave several at once, as many as are set, and the rate holds for all of them together."""

from __future__ import annotations

from threading import Thread

from tests.journey.builders import Desk, people

RATE = 50
TOGETHER = 4


def test_deletes_are_in_flight_together_and_never_above_the_rate(desk: Desk) -> None:
    desk.seed(*people(range(RATE + 10)))
    desk.sheet(people(range(1)))
    desk.config(
        source={"files": ["contacts.csv"]},
        sync={"remote_only": "delete", "owned": "all"},
        limits={"deletes": {"percent": 100, "count": 100}},
        remote={"rate": f"{RATE}/second", "concurrency": TOGETHER, "timeout": 20},
    )
    desk.remote.faults.add("hold", call="delete", times=TOGETHER, when="late")
    together: list[bool] = []

    def watcher() -> None:
        together.append(desk.remote.gate.until_waiting(TOGETHER))
        desk.remote.gate.release()

    other = Thread(target=watcher)
    other.start()
    said = desk("run", "--yes")
    other.join()
    assert said.code == 0, said.err
    assert together == [True]
    assert set(desk.only().values()) == {"deleted"}
    arrived = sorted(entry.arrived for entry in desk.remote.log)
    assert len(desk.remote.log.of("delete")) == RATE + 9
    # a second each by the sender's clock; a busy machine may take its time to see the first of them
    assert all(last - first > 0.5 for first, last in zip(arrived, arrived[RATE:], strict=False))
