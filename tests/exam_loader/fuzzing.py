"""The fuzzer: hostile files through the inner reader, in a process with bounds, for a given time.

`python -m tests.exam_loader.fuzzing CORPUS SECONDS SEED` prints a line of JSON for each file that ends otherwise than
in tables or a `SourceError`, or takes too long, and for each seed begun, so that a process that dies names its file.
`fuzzed` runs it again behind such a file, and asks the product's own reading process whether it survives that one.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from syncjob.errors import SourceError
from syncjob.loader import read_tables
from syncjob.loader.answer import write
from syncjob.loader.child import confine
from syncjob.loader.found import Found
from syncjob.loader.inner import read_file
from syncjob.loader.limits import MB, ReadLimits
from tests.exam_loader.mutants import mutant

LIMITS = ReadLimits(memory=2048 * MB, unpacked=256 * MB, dense_cells=4_000_000, seconds=3600)
PATIENCE = 30.0
"""Seconds for one file of at most 4 MB, on a machine that does other things too."""


LEAST = 30
"""Files read, however short the time: a loaded machine still looks at something."""


class TooSlow(BaseException):
    """No reader may catch this."""


@dataclass
class Tally:
    """What a time of fuzzing gave: files read, those refused in a sentence, seeds whose process died, findings."""

    files: int = 0
    refused: int = 0
    died: list[int] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)


def fuzzed(corpus: Path, folder: Path, seconds: float, seed: int) -> Tally:
    """Fuzz for `seconds`, from `seed` on. A process that dies is what the product's parent process is for: it counts
    as a finding only when that one does not end in tables or a sentence."""
    told, until = Tally(), time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        words = (sys.executable, "-m", "tests.exam_loader.fuzzing", str(corpus), str(left), str(seed))
        said = subprocess.run(words, capture_output=True, text=True, timeout=left + PATIENCE + 60, check=False)
        lines = [json.loads(line) for line in said.stdout.splitlines()]
        told.findings += [f"{line['name']}: {line['error']}" for line in lines if "finding" in line]
        last = lines[-1] if lines else {}
        told.refused += last.get("refused", 0)
        if "seed" not in last:
            told.files += last.get("done", 0)
            told.findings += [] if "done" in last else [f"the fuzzer itself ended: {said.stderr[-1500:]}"]
            break
        told.files += last["seed"] - seed + 1
        told.died.append(last["seed"])
        seed = last["seed"] + 1
        told.findings += _not_survived(last["seed"], corpus, folder)
    return told


def _not_survived(seed: int, corpus: Path, folder: Path) -> list[str]:
    """The finding, if the product doesn't survive the file of a seed whose process died."""
    name, data = mutant(seed, corpus)
    path = folder / name
    path.write_bytes(data)
    begun = time.monotonic()
    try:
        read_tables(path, limits=LIMITS)
    except SourceError as error:
        if not _is_sentence(error):
            return [f"{name}: not one sentence: {error.message}"]
    except Exception:  # noqa: BLE001  that is what is looked for
        return [f"{name}: {traceback.format_exc()[-1500:]}"]
    return [f"{name}: slow"] if time.monotonic() - begun > PATIENCE else []


def _is_sentence(error: SourceError) -> bool:
    return "\n" not in error.message and len(error.message) <= 400 and "Traceback" not in error.message


def main(corpus: str, seconds: str, first: str) -> None:
    """Reads files until the time is over."""
    confine(LIMITS, 0)
    signal.signal(signal.SIGALRM, _give_up)
    until, seed, refused = time.monotonic() + float(seconds), int(first), 0
    with tempfile.TemporaryDirectory() as made:
        while time.monotonic() < until or seed - int(first) < LEAST:
            _say(seed=seed, refused=refused)
            refused += _one(seed, Path(corpus), Path(made))
            seed += 1
    _say(done=seed - int(first), refused=refused)


def _one(seed: int, corpus: Path, folder: Path) -> bool:
    """Whether the file of a seed was refused in a sentence; everything else but tables is a finding."""
    name, data = mutant(seed, corpus)
    path = folder / name
    path.write_bytes(data)
    signal.setitimer(signal.ITIMER_REAL, PATIENCE)
    try:
        for at, table in enumerate(_read(path, folder, careful=seed % 2 == 0)):
            _check(write(table, folder / f"{at}.arrow"))
    except SourceError as error:
        if not _is_sentence(error):
            _say(finding=seed, name=name, error=f"not one sentence: {error.message}")
        return True
    except MemoryError:
        return True  # the product says so in a sentence
    except (Exception, TooSlow):  # noqa: BLE001  that is what is looked for
        _say(finding=seed, name=name, error=traceback.format_exc()[-1500:])
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        for left in folder.iterdir():
            left.unlink()
    return False


def _read(path: Path, folder: Path, careful: bool) -> Iterable[Found]:
    return read_file(
        path, path.name, sheet=None, header_row="auto", encoding="auto", delimiter="auto", limits=LIMITS,
        folder=folder, careful=careful,
    )  # fmt: skip


def _check(answer: dict[str, object]) -> None:
    """What is handed over fits together and is text."""
    json.dumps(answer).encode()


def _give_up(*_: object) -> None:
    raise TooSlow


def _say(**what: object) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
