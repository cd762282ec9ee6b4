"""What was taken from a drop folder, and where it goes: `working/` while its run is at work, then `done/` or `failed/`.

Beside the files a ledger is kept, one small JSON in the account's folder: which run a file belongs to, how often it was
begun, and where it is to lie. It is written before each step that it describes, so the next pass can repeat the step.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Literal

from syncjob.results.aside import place, place_text, plain_words
from syncjob.state import write_private

Place = Literal["done", "failed"]
WORKING = "working"


@dataclass(frozen=True)
class Card:
    """A file that was taken. `name` is its name in `working/`, `run_id` the run that was begun for it.

    `goes` says where it is to lie, `stem` under which name; `code` and `says` how its run ended, `results` where the
    files of the run are, `why` what a person is told where there are none.
    """

    name: str
    run_id: str | None = None
    starts: int = 0
    goes: Place | None = None
    stem: str = ""
    code: int = 0
    says: str = ""
    results: str | None = None
    why: str | None = None


class Shelf:
    """The folders and the ledger of one drop folder. One process at a time may hold it: whoever has the account."""

    def __init__(self, folder: Path, ledgers: Path) -> None:
        self.folder = folder
        name = hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:16]
        self._path = ledgers / f"{name}.json"
        self._cards = _read(self._path)

    # -- taking --------------------------------------------------------------------------------------------------------

    def take(self, path: Path) -> Card | None:
        """Move a file into `working/`, where nobody writes to it any more. None: it is gone, or held open elsewhere."""
        target = self._free(self.folder / WORKING, path.stem, [path.suffix])
        self._folder(target.parent)
        try:
            path.rename(target)
        except (FileNotFoundError, PermissionError):
            return None
        return Card(target.name)

    def put_back(self, card: Card) -> Path:
        """Move a file back to where it was put, under a name that is free; it was not to be run."""
        here = self.file(card)
        target = self._free(self.folder, here.stem, [here.suffix])
        with plain_words(target):
            here.rename(target)
        self._forget(card)
        return target

    def taken(self) -> list[Card]:
        """What earlier passes took and did not bring to an end; a file without a card is begun anew."""
        folder = self.folder / WORKING
        there = sorted(p.name for p in folder.iterdir() if p.is_file()) if folder.is_dir() else []
        for name in set(self._cards) - set(there):
            if self._cards[name].goes is None:  # taken away by somebody: nothing is left to do for it
                self._forget(self._cards[name])
        return [*map(self.card_of, there), *self._moved(there)]

    def _moved(self, there: Iterable[str]) -> list[Card]:
        """Cards of files that were moved already, but whose pass ended before it could strike them out."""
        return [card for name, card in sorted(self._cards.items()) if name not in set(there)]

    def file(self, card: Card) -> Path:
        """Where the file of a card lies while it is taken."""
        return self.folder / WORKING / card.name

    # -- noting --------------------------------------------------------------------------------------------------------

    def card_of(self, name: str) -> Card:
        """The card of a file in `working/`; a fresh one where there is none."""
        return self._cards.get(name) or Card(name)

    def note(self, card: Card) -> Card:
        """Keep a card, durable before anything follows from it."""
        self._cards[card.name] = card
        self._keep()
        return card

    def _forget(self, card: Card) -> None:
        if self._cards.pop(card.name, None):
            self._keep()

    def _keep(self) -> None:
        self._path.parent.mkdir(mode=0o700, exist_ok=True)
        told = {"folder": str(self.folder.resolve()), "files": {c.name: asdict(c) for c in self._cards.values()}}
        with plain_words(self._path):
            write_private(self._path, json.dumps(told, ensure_ascii=False, indent=1).encode())

    # -- putting away --------------------------------------------------------------------------------------------------

    def away(self, card: Card, goes: Place, beside: Mapping[str, Path]) -> Card:
        """Copy the results beside where the file is to lie, then move it there. Repeated after a kill, it ends alike.

        `beside`: what comes after the file's own name → the file to copy: "-result.xlsx" → …. Raises `SyncjobError`.
        """
        here, folder = self.file(card), self.folder / goes
        if card.goes is None:
            self._folder(folder)
            tails = [here.suffix, *beside, "-why.txt"]
            card = self.note(replace(card, goes=goes, stem=self._free(folder, here.stem, tails).stem))
        if here.exists():
            self._copy(card, here, beside)
            with plain_words(folder):
                here.rename(self.lies(card))
        self._forget(card)
        return card

    def lies(self, card: Card) -> Path:
        """Where a file that was put away lies."""
        return self.folder / (card.goes or WORKING) / f"{card.stem}{Path(card.name).suffix}"

    def _folder(self, folder: Path) -> None:
        """Make one of the folders, for those who may look into the drop folder."""
        with plain_words(folder):
            if not folder.is_dir():
                folder.mkdir(exist_ok=True)
                folder.chmod(self.folder.stat().st_mode & 0o7777)

    def _copy(self, card: Card, here: Path, beside: Mapping[str, Path]) -> None:
        """The results, as readable as the file was that somebody put here."""
        target = self.lies(card)
        made = [
            place(target.with_name(card.stem + tail), partial(shutil.copyfile, path))
            for tail, path in beside.items()
            if path.exists()
        ]
        if card.why:
            made.append(place_text(target.with_name(f"{card.stem}-why.txt"), card.why + "\n"))
        with suppress(OSError):  # a file system without modes
            for path in made:
                path.chmod(here.stat().st_mode & 0o666)

    def _free(self, folder: Path, stem: str, tails: Iterable[str]) -> Path:
        """`stem` plus the first tail, or `stem (2)` …: a name whose files are all not there yet."""
        first, *rest = tails
        number, name = 1, stem
        while any((folder / f"{name}{tail}").exists() for tail in (first, *rest)):
            number += 1
            name = f"{stem} ({number})"
        return folder / f"{name}{first}"


def _read(path: Path) -> dict[str, Card]:
    """The ledger; one that can't be read is as none: the files are begun anew, and nothing is done twice by that."""
    try:
        told: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return {name: Card(**card) for name, card in told["files"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}
