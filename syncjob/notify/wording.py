"""A run as a message: a subject and lines for people, and the bodies that webhooks take. Pure.

Sentences come from the catalogues (`words`, `exits`) and never quote a row. Formats: Slack incoming webhooks take
`text` with `&`, `<` and `>` escaped; Teams workflows take an Adaptive Card inside a message.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Literal, TypeAlias

from syncjob.exits import EXITS
from syncjob.model import Json
from syncjob.notify.news import News, Why
from syncjob.results.digest import many, span
from syncjob.results.messages import named, says
from syncjob.words import OUTCOMES

Style: TypeAlias = Literal["json", "slack", "teams"]

REASONS_SHOWN = 10

_WHY: dict[Why, str] = {
    "first": "This is the first message of this job.",
    "refused": "Nothing was sent; a person must look at the plan.",
    "changed": "This is new since the last message.",
    "recovered": "It works again.",
    "worse": "There are more bad rows than at the last message.",
    "reminder": "It is still so; this is a reminder.",
}


@dataclass(frozen=True)
class Message:
    """What people read. `points` are (label, text)."""

    subject: str
    opening: str
    points: tuple[tuple[str, str], ...]

    @property
    def text(self) -> str:
        """All of it as plain text."""
        return "\n".join([self.opening, "", *(f"{label}: {text}" for label, text in self.points)]) + "\n"


def message(news: News, reason: Why) -> Message:
    """The message on a run."""
    known = EXITS.get(news.exit_code)
    meaning = named(known.meaning if known else "It ended in an unknown way.", news.service)
    counts = " · ".join(f"{OUTCOMES[code].word} {count:,}" for code, count in news.counts.items())
    shown = sorted(news.reasons.items(), key=lambda item: -item[1])[:REASONS_SHOWN]
    cost = many(news.requests, "request", "requests") + " in " if news.requests is not None else ""
    points = [
        *((("Rows", counts),) if counts else ()),
        *(("Refused", refusal) for refusal in news.refusals),
        *(("Why", named(says(code, has_detail=False), news.service)) for code in news.codes if not news.refusals),
        *(("Reason", f"{count:,} × {named(says(code, has_detail=False), news.service)}") for code, count in shown),
        *((("Reason", f"and {len(news.reasons) - len(shown)} more"),) if len(news.reasons) > len(shown) else ()),
        ("Took", cost + span(news.seconds)),
        ("Run again?", known.again if known and news.exit_code else ""),
        ("Run", news.run_id or ""),
        ("Results", news.files or ""),
    ]
    return Message(
        subject=f"syncjob {news.job}: {_short(news)}",
        opening=f"Job {news.job}, account {news.account}: {meaning} {_WHY[reason]}",
        points=tuple((label, text) for label, text in points if text),
    )


def _short(news: News) -> str:
    """The end of a subject line: what kind of ending, in a few words."""
    if not news.exit_code:
        return f"done, {many(news.rows, 'row', 'rows')}"
    if news.exit_code == 3 and news.bad:
        return f"{many(news.bad, 'row', 'rows')} ended bad (exit 3)"
    short = {1: "an error", 2: "wrong config", 4: "no usable source", 5: "refused", 6: "remote trouble", 7: "locked"}
    return f"{short.get(news.exit_code, 'ended early')} (exit {news.exit_code})"


def body(news: News, reason: Why, style: Style) -> bytes:
    """The JSON body for a webhook of a style."""
    told = message(news, reason)
    made = {"json": _plain, "slack": _slack, "teams": _teams}[style](news, reason, told)
    return json.dumps(made, ensure_ascii=False).encode("utf-8", "replace")


def _plain(news: News, reason: Why, told: Message) -> dict[str, Json]:
    return {
        "event": reason,
        "job": news.job,
        "account": news.account,
        "run_id": news.run_id,
        "at": news.at.isoformat(timespec="seconds"),
        "exit_code": news.exit_code,
        "rows": news.rows,
        "bad_rows": news.bad,
        "counts": dict(news.counts),
        "reasons": dict(news.reasons),
        "codes": list(news.codes),
        "requests": news.requests,
        "retries": news.retries,
        "seconds": round(news.seconds, 3),
        "results": news.files,
        "subject": told.subject,
        "text": told.text,
    }


def _slack(news: News, reason: Why, told: Message) -> dict[str, Json]:  # noqa: ARG001 - one signature for all styles
    def plain(text: str) -> str:
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")

    lines = [f"*{plain(told.subject)}*", plain(told.opening)]
    lines += [f"• {plain(label)}: {plain(text)}" for label, text in told.points]
    return {"text": "\n".join(lines)}


def _teams(news: News, reason: Why, told: Message) -> dict[str, Json]:  # noqa: ARG001 - one signature for all styles
    facts: list[Json] = [{"title": label, "value": text} for label, text in told.points]
    content: dict[str, Json] = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": [
            {"type": "TextBlock", "text": told.subject, "weight": "Bolder", "size": "Medium", "wrap": True},
            {"type": "TextBlock", "text": told.opening, "wrap": True},
            {"type": "FactSet", "facts": facts},
        ],
    }
    card: Json = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": content}
    return {"type": "message", "summary": told.subject, "attachments": [card]}
