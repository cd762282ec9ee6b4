"""`syncjob explain` and `syncjob exit-codes`: what a code means and what to do.

What enters: a code, or none. What leaves: sentences on stdout, or with `--json` one document; an unknown code is exit 2
with the nearest known one. The sentences are those of `words` and `exits`.
"""

from __future__ import annotations

import difflib
import json
import textwrap
from collections.abc import Iterable, Iterator

import click

from syncjob.cli.completing import codes
from syncjob.cli.lines import say
from syncjob.cli.options import common
from syncjob.exits import EXITS, Exit
from syncjob.words import GROUPS, OUTCOMES, REASONS, Outcome, Reason, group_of, without_slot

_WIDTH = 100

Entry = Outcome | Reason | Exit

_SETTINGS = {
    "source_old": "source.max_age",
    "source_shrank": "limits.shrink",
    "source_unfamiliar": "limits.familiar",
    "column_changed_everywhere": "limits.column_change",
    "too_many_deletes": "limits.deletes",
    "too_many_updates": "limits.updates",
    "too_many_creates": "limits.creates",
    "unreadable_rows": "limits.unreadable",
    "budget": "limits.requests, limits.minutes",
    "conflicting_rows": "sync.conflict",
    "not_owned": "sync.owned (created | named | tag:VALUE | all)",
    "protected": "sync.protect, sync.fill_only",
    "removed_remotely": "sync.gone (recreate adds them again)",
    "taken_off": "sync.gone (recreate lets them join again)",
    "kept": "sync.remote_only",
    "reported": "sync.remote_only",
    "mode": "sync.mode",
    "as_of": "remote.listing, remote.refresh, remote.max_age",
    "not_looked_at": "remote.listing",
}
"""The setting behind a reason."""

_FINAL = ("source_empty", "guard_refused")
"""Guards that can't be allowed once (CONTRACT 7), and the name for all of them."""


def wants_json(ctx: click.Context) -> bool:
    """Did the person ask for `--json`? The group says so in `ctx.obj`, where there is one."""
    return bool(getattr(ctx.obj, "json", False))


@click.command()
@click.argument("code", required=False, shell_complete=codes)
@common
@click.pass_context
def explain(ctx: click.Context, code: str | None) -> None:
    """What a code means and what to do about it. CODE is a reason, an outcome, a guard or an exit code.

    \b
    syncjob explain number_damaged
    syncjob explain 5
    syncjob explain            (all of them)
    """
    entries = _all() if code is None else _named(code)
    if wants_json(ctx):
        say(json.dumps([_record(entry) for entry in entries], ensure_ascii=False, indent=2))
    elif code is None:
        _list_all()
    else:
        for entry in entries:
            _show(entry)


@click.command("exit-codes")
@common
@click.pass_context
def exit_codes(ctx: click.Context) -> None:
    """Every exit code: what it means, whether anything was sent, whether to run again.

    \b
    syncjob exit-codes
    """
    if wants_json(ctx):
        say(json.dumps([_record(entry) for entry in EXITS.values()], ensure_ascii=False, indent=2))
        return
    for entry in EXITS.values():
        _show(entry)
    say("Several apply: 130 and 143 go before 1, then 6, 3, 10. Treat any other code as a failure.")


def _all() -> list[Entry]:
    return [*OUTCOMES.values(), *REASONS.values(), *EXITS.values()]


def _named(code: str) -> list[Entry]:
    """The entries that `code` names; a plain word for an outcome and `GUARD@FINGERPRINT` count as well."""
    plain = code.strip().partition("@")[0].lower()
    name = plain.replace("-", "_").replace(" ", "_")
    found: list[Entry] = [o for o in OUTCOMES.values() if name == o.code or plain == o.word.lower()]
    found += [REASONS[name]] if name in REASONS else []
    found += [EXITS[int(name)]] if name.isascii() and name.isdigit() and int(name[:6]) in EXITS else []
    found.sort(key=lambda entry: str(entry.code) != name)  # "added" is a code, and the word for another one
    if not found:
        near = difflib.get_close_matches(name, [*REASONS, *OUTCOMES, *map(str, EXITS)], n=2, cutoff=0.55)
        hint = f" Did you mean {' or '.join(near)}?" if near else " syncjob explain lists them all."
        raise click.UsageError(f"There is no code {code!r}.{hint}")
    return found


def _record(entry: Entry) -> dict[str, str | int | bool]:
    """`entry` for programs."""
    if isinstance(entry, Outcome):
        facts: dict[str, str | int | bool] = {"word": entry.word, "says": entry.meaning, "good": entry.good}
        return {"kind": "outcome", "code": entry.code, **facts}
    if isinstance(entry, Exit):
        return {"kind": "exit", "code": entry.code, "says": entry.meaning, "sent": entry.sent, "again": entry.again}
    kind = "guard" if group_of(entry.code) == "Guards" else "reason"
    return {
        "kind": kind,
        "code": entry.code,
        "says": _said(entry),
        "do": entry.do,
        "setting": _SETTINGS.get(entry.code, ""),
    }


def _said(reason: Reason) -> str:
    """The reason's sentence without a case at hand."""
    return without_slot(reason.says)


def _show(entry: Entry) -> None:
    """One entry as a small paragraph."""
    record = _record(entry)
    kind = {"exit": "exit code"}.get(str(record["kind"]), record["kind"])
    head = f"{entry.code} ({kind}{f': {entry.word}' if isinstance(entry, Outcome) else ''})"
    click.secho(head, bold=True)
    for line in _sentences(entry):
        say(textwrap.fill(line, _WIDTH, initial_indent="  ", subsequent_indent="  "))
    say()


def _sentences(entry: Entry) -> Iterator[str]:
    if isinstance(entry, Outcome):
        yield entry.meaning
        yield "Counts as good." if entry.good else "Counts as bad: the run ends with exit code 3."
    elif isinstance(entry, Exit):
        yield entry.meaning
        yield f"Anything sent? {entry.sent}"
        yield f"Just run again? {entry.again}"
    else:
        yield _said(entry)
        yield f"What to do: {entry.do or 'nothing.'}"
        if entry.code in _SETTINGS:
            yield f"Setting: {_SETTINGS[entry.code]}"
        if group_of(entry.code) == "Guards" and entry.code not in _FINAL:
            yield f"To allow it once: syncjob apply PLAN --allow {entry.code}@FINGERPRINT, as the run prints it."


def _list_all() -> None:
    _table("Outcomes", ((o.code, f"{o.word}. {o.meaning}") for o in OUTCOMES.values()))
    for title in GROUPS:
        group = (r for r in REASONS.values() if group_of(r.code) == title)
        _table(title, ((r.code, f"{_said(r)} {r.do}".strip()) for r in group))
    _table("Exit codes", ((str(e.code), e.meaning) for e in EXITS.values()))


def _table(title: str, lines: Iterable[tuple[str, str]]) -> None:
    click.secho(title, bold=True)
    for code, says in lines:
        say(textwrap.fill(says, _WIDTH, initial_indent=f"  {code:<26}", subsequent_indent=" " * 28))
    say()
