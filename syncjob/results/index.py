"""`index.html`: every run of a results folder on one small page, and `latest`, which points to the newest.

What enters: the results folder with its `<run id>/summary.json`. What leaves: a self-contained page without script,
font or request to anywhere, everything on it escaped; and a link, or `latest.txt` where links aren't possible.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from html import escape
from pathlib import Path
from typing import cast
from urllib.parse import quote

import orjson

from syncjob.model import Json
from syncjob.results.aside import place_text, plain_words
from syncjob.results.digest import clock
from syncjob.results.pagestyle import CSS
from syncjob.words import OUTCOMES

SUMMARY, INDEX = "summary.json", "index.html"
SHOWN = ("plan.json",)
"""What others write into the folder of a run; linked where it lies."""


@dataclass(frozen=True)
class Entry:
    """A run on the page."""

    run_id: str
    told: Mapping[str, Json]
    files: tuple[str, ...]

    @property
    def started(self) -> datetime | None:
        """When, where it can be read."""
        try:
            return datetime.fromisoformat(str(self.told.get("started", "")))
        except ValueError:
            return None

    @property
    def age(self) -> tuple[float, str]:
        """What runs are sorted by; ids begin with the time, too."""
        return (self.started.timestamp() if self.started else 0.0), self.run_id


def write_index(folder: Path) -> Path:
    """Write `index.html` of all runs in `folder`. Raises `SyncjobError` (`results_unwritable`)."""
    return place_text(folder / INDEX, page(entries(folder)))


def entries(folder: Path, wanted: Callable[[str], bool] = bool) -> tuple[Entry, ...]:
    """The runs in `folder` whose ids are `wanted`, newest first; what can't be read is left out."""
    found = []
    for run_id in _listed(folder, lambda entry: entry.is_dir(follow_symlinks=False)):
        told = _read(folder / run_id / SUMMARY) if wanted(run_id) else None
        if told is not None:
            listed = told.get("files")
            names = [*(map(str, listed) if isinstance(listed, list) else ()), *SHOWN]
            there = _listed(folder / run_id, os.DirEntry.is_file)
            found.append(Entry(run_id, told, tuple(name for name in dict.fromkeys(names) if name in there)))
    return tuple(sorted(found, key=lambda entry: entry.age, reverse=True))


def _listed(folder: Path, wanted: Callable[[os.DirEntry[str]], bool]) -> frozenset[str]:
    """The names of what is `wanted` in a folder; none where it can't be read."""
    try:
        with os.scandir(folder) as found:
            return frozenset(entry.name for entry in found if wanted(entry))
    except OSError:
        return frozenset()


def point(folder: Path, run_id: str, link: Callable[[str, Path], None] = os.symlink) -> Path:
    """Let `latest` point to the run; returns the link, or the text file that names the run instead."""
    latest, fresh = folder / "latest", folder / f".latest-{os.getpid()}"
    with plain_words(latest):
        try:
            fresh.unlink(missing_ok=True)
            link(run_id, fresh)
            fresh.replace(latest)
        except (OSError, NotImplementedError):
            fresh.unlink(missing_ok=True)
            return place_text(folder / "latest.txt", run_id + "\n")
        (folder / "latest.txt").unlink(missing_ok=True)
    return latest


def page(runs: tuple[Entry, ...]) -> str:
    """The page as HTML."""
    rows = "\n".join(map(_row, runs)) or '<tr><td colspan="5">No run yet.</td></tr>'
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>syncjob: runs</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<style>{_STYLE}</style></head>
<body><main><h1>Runs</h1>
<p class="muted">Newest first. Each run links to its files.</p>
<table><caption class="hidden">Runs, newest first</caption>
<thead><tr><th scope="col">When</th><th scope="col">Job</th><th scope="col">Kind</th>
<th scope="col">What happened</th><th scope="col">Files</th></tr></thead>
<tbody>
{rows}
</tbody></table></main></body></html>
"""


def _row(entry: Entry) -> str:
    told = entry.told
    files = " ".join(
        f'<a href="{escape(quote(f"{entry.run_id}/{name}"), quote=True)}">{escape(name)}</a>' for name in entry.files
    )
    kind = "REFUSED" if told.get("refusals") else "DRY RUN" if told.get("dry_run") else "LIVE"
    badge = f'<span class="kind {kind.partition(" ")[0].lower()}">{kind}</span>'
    when = f"{escape(clock(entry.started)) if entry.started else '–'}<br><small>{escape(entry.run_id)}</small>"
    cells = (escape(str(told.get("job", ""))), badge, _counts(told), files)
    return f'<tr><th scope="row">{when}</th>' + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def _counts(told: Mapping[str, Json]) -> str:
    """Plain words and numbers; bad ones are marked by weight and a sign, not by colour alone."""
    counts = told.get("counts")
    said = []
    for code, count in counts.items() if isinstance(counts, dict) else ():
        known = OUTCOMES.get(code)
        text = f"{escape(known.word if known else code)} {escape(str(count))}"
        said.append(text if known and known.good else f"<strong>! {text}</strong>")
    return ", ".join(said) or "–"


def _read(path: Path) -> Mapping[str, Json] | None:
    try:
        told = orjson.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return cast(Mapping[str, Json], told) if isinstance(told, dict) else None


_STYLE = (
    CSS
    + """
body{overflow-wrap:break-word}
tbody th{white-space:nowrap}
tbody th small{font-weight:400;color:var(--muted)}
.kind{display:inline-block;padding:.1rem .5rem;border-radius:.25rem;font-size:.85rem;font-weight:700;white-space:nowrap;
background:var(--live);color:var(--on_live)}
.kind.dry{background:var(--dry);color:var(--on_dry)}
.kind.refused{background:#A63A00;color:#FFFFFF}
td a{display:inline-block;margin-right:.75rem}
@media print{.kind{-webkit-print-color-adjust:exact;print-color-adjust:exact}}
"""
)
