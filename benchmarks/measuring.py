"""What a process costs, and how figures are told.

Wall seconds depend on what else the machine does; CPU seconds much less. Both are told, and whatever is compared is
measured in turns within one run, so that a busy minute falls on everybody.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import psutil

MB = 1 << 20
LOOK_EVERY = 0.1
LONGEST = 1_800.0


@dataclass(frozen=True)
class Cost:
    """What one process and all below it took: seconds, CPU seconds, most memory held at once in MB; what it said."""

    wall: float
    cpu: float
    peak: float
    code: int
    said: str

    @property
    def json(self) -> dict[str, object]:
        """The last line of what it said."""
        found: dict[str, object] = json.loads(self.said.strip().splitlines()[-1])
        return found


class Failed(RuntimeError):
    """A process that was measured ended badly."""


def measure(
    command: Sequence[str | Path], *, env: Mapping[str, str] | None = None, folder: Path | None = None,
    good: Sequence[int] = (0,),
) -> Cost:  # fmt: skip
    """Run `command` to its end. Raises `Failed` when its exit code is none of `good`."""
    began = time.perf_counter()
    child = subprocess.Popen(
        [str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL,
        text=True, cwd=folder, env=None if env is None else {**os.environ, **env},
    )  # fmt: skip
    watch = _Watch(child.pid)
    before = os.times()
    try:
        out, err = child.communicate(timeout=LONGEST)
    finally:
        watch.end()
        if child.poll() is None:
            child.kill()
            child.wait()
    wall, after = time.perf_counter() - began, os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    if child.returncode not in good:
        raise Failed(f"{' '.join(map(str, command))[:200]} ended with {child.returncode}: {err.strip()[-800:]}")
    return Cost(wall, cpu, watch.peak / MB, child.returncode, out)


class _Watch(threading.Thread):
    """The most memory that a process and those below it held at once; memory that they share counts once for each."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.peak = 0
        self._pid = pid
        self._done = threading.Event()
        self.start()

    def run(self) -> None:
        while not self._done.wait(LOOK_EVERY):
            self.peak = max(self.peak, self._held())

    def end(self) -> None:
        self._done.set()
        self.join()

    def _held(self) -> int:
        try:
            top = psutil.Process(self._pid)
            every = [top, *top.children(recursive=True)]
        except psutil.Error:
            return 0
        held = 0
        for process in every:
            try:
                held += process.memory_info().rss
            except psutil.Error:
                continue
        return held


def python(*arguments: str | Path) -> list[str | Path]:
    """A module of ours in a process of its own."""
    return [sys.executable, "-m", *arguments]


def told(values: Sequence[float], digits: int = 1, unit: str = "") -> str:
    """The median, and the lowest and highest beside it where it was measured several times."""
    middle = f"{statistics.median(values):,.{digits}f}{unit}"
    if len(values) < 2:
        return middle
    return f"{middle} ({min(values):,.{digits}f}–{max(values):,.{digits}f})"


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


def table(header: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """A table in Markdown; all but the first column to the right."""
    rule = ["---", *("--:" for _ in header[1:])]
    return "\n".join("| " + " | ".join(line) + " |" for line in (header, rule, *lines))


def machine(packages: Sequence[str]) -> str:
    """Where and with what it was measured."""
    found = {}
    for name in packages:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    with_these = ", ".join(f"{name} {number}" for name, number in found.items())
    python, cores = platform.python_version(), os.cpu_count()
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    memory = psutil.virtual_memory().total / (1 << 30)
    return (
        f"{datetime.now().astimezone():%d %b %Y, %H:%M %Z} · {platform.system()} {platform.machine()}, "
        f"{cores} cores ({_processor()}), {memory:.0f} GB, load {load} · Python {python} · {with_these}"
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or "unknown"
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "unknown")
