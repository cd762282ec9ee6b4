"""Plans and results as text for a terminal or a mail from cron."""

from __future__ import annotations

from typing import TYPE_CHECKING

from syncjob.words import OUTCOMES, REASONS, SLOT, one_line

if TYPE_CHECKING:
    import pandas as pd

    from syncjob.job.session import Outcome
    from syncjob.plans import Plan

SHOWN = 5


def many(count: int, one: str, several: str) -> str:
    """1 contact, 1,204 contacts."""
    return f"{count:,} {one if count == 1 else several}"


def plan_text(plan: Plan) -> str:
    """The plan: counts, first changes, what stands out, cost."""
    counts = plan.counts
    parts = [f"{count:,} {words}" for count, words in plan.to_do]
    parts += [
        f"{count:,} {OUTCOMES[name].word.lower()}" for name, count in counts.items() if name in OUTCOMES and count
    ]
    lines = [f"Plan of job {plan.job}: {' · '.join(parts)}"]
    if plan.partial:
        lines.append(f"  Partial: {plan.partial}.")
    lines += [f"  {line}" for line in plan.notes]
    lines.append(f"  {plan.listing}")
    lines += _examples(plan)
    lines += _left(plan)
    if len(plan.table):
        requests = many(plan.cost.requests, "request", "requests")
        lines.append(f"  Still to come: {requests}{_minutes(plan.cost.minutes)}.")
    return "\n".join(map(one_line, lines))


def _minutes(minutes: float) -> str:
    if minutes < 0.05:
        return ""
    return f", about {minutes:.0f} min" if minutes >= 1 else f", about {minutes * 60:.0f} s"


def _examples(plan: Plan) -> list[str]:
    lines = []
    said = {"create": "+", "update": "~", "add": "+", "remove": "-", "delete": "-"}
    counts = plan.counts
    if counts.get("add"):
        del said["create"]  # who is new joins, too, and is shown there
    for verb, mark in said.items():
        if not counts.get(verb):
            continue
        table = plan.table[plan.table["verb"] == verb]
        shown = table if plan.spelled else table.head(SHOWN)  # nobody types what they can't see
        old_new = _old_new(plan, shown["sid"]) if verb == "update" else {}
        for number, sid, before in zip(shown["number"], shown["sid"], shown["before"], strict=True):
            detail = _who(before) if plan.key != "number" and verb != "create" else ""
            if sid in old_new:
                detail += "  " + "; ".join(old_new[sid])
            if verb == "add" and not isinstance(sid, str):
                detail = "  new to the address book"
            lines.append(f"  {mark} {number}{detail}")
        if len(table) > len(shown):
            lines.append(f"  {mark} … and {len(table) - len(shown):,} more")
    return lines


def _old_new(plan: Plan, sids: pd.Series) -> dict[str, list[str]]:
    """sid → what becomes of each field."""
    from syncjob.plans import label
    from syncjob.texts import among

    changes = plan.field_changes[among(plan.field_changes["sid"], sids)]
    said: dict[str, list[str]] = {}
    for sid, name, old, new in zip(*(changes[name] for name in ("sid", "field", "old", "new")), strict=True):
        said.setdefault(sid, []).append(f"{label(name)}: {old or '–'} → {new or '–'}")
    return said


def _who(before: object) -> str:
    """Whom a key stands for, where it says nothing to people."""
    from syncjob.plans import who

    return f"  {who(before)}" if isinstance(before, str) and who(before) else ""


def _left(plan: Plan) -> list[str]:
    left = plan.remote_only[plan.remote_only["outcome"] != "planned"]
    return [
        f"  {many(count, 'contact', 'contacts')} not in the source: {REASONS[str(reason)].says.replace(SLOT, '…')}"
        for reason, count in left["reason"].value_counts().items()
        if str(reason) in REASONS
    ]


def outcome_text(outcome: Outcome) -> str:
    """How a run ended: the balance, what needs a person, the files."""
    results = outcome.results
    if results is None:
        return ""
    lines = [f"{results.balance}"]
    only = results.remote_only["outcome"].value_counts()
    done = [f"{count:,} {OUTCOMES[str(name)].word.lower()}" for name, count in only.items() if name != "skipped"]
    if done:
        lines.append(f"Contacts not in the source: {', '.join(done)}.")
    fix = int(results.to_fix().sum())
    if fix:
        lines.append(f"{many(fix, 'row needs', 'rows need')} a person.")
    if outcome.files:
        lines.append(f"Results: {outcome.files.result}")
        if outcome.files.fixing:
            lines.append(f"To fix:  {outcome.files.fixing}")
            if not results.facts.dry_run:
                lines.append(f"         Correct them there, save the file, then: {results.facts.feed_back}")
        lines += list(outcome.files.notes)
    if results.facts.next_command:
        lines.append(f"Next:    {results.facts.next_command}")
    return "\n".join(map(one_line, lines))


def overlooked(outcome: Outcome) -> str:
    """What the last line adds: removals that didn't happen, because a row may be anybody's (CONTRACT 4)."""
    found = outcome.results or outcome.plan
    if found is None:
        return ""
    held = found.remote_only[found.remote_only["reason"] == "unreadable_rows"]
    if held.empty:
        return ""
    rows = str(held["detail"].iloc[0])
    contacts = many(len(held), "contact was", "contacts were")
    return f"{contacts} not removed: {f'{rows} rows have' if rows != '1' else '1 row has'} no readable number"
