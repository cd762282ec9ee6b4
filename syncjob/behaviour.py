"""How one account answers what no document settles: what `doctor --probe` has proven, and since when.

Enters: answers, or the text in which an account's memory keeps them. Leaves: a frozen `Behaviour`. Promised: what was
not proven is None, never a guess; answers of another version are no answers.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

VERSION = 1
"""Of the questions: raised when a word among the answers comes to mean something else."""


@dataclass(frozen=True)
class Question:
    """What is asked, and each possible answer in words; for an answer that is a figure, `{}` in `figure`."""

    asks: str
    answers: Mapping[str, str] = field(default_factory=dict)
    figure: str = ""

    def fits(self, answer: str) -> bool:
        """Whether `answer` can be one."""
        if not self.figure:
            return answer in self.answers
        return answer.isascii() and answer.replace(".", "", 1).isdigit()

    def words(self, answer: str) -> str:
        """The answer in words."""
        return self.figure.replace("{}", answer) if self.figure else self.answers[answer]


_REFUSED = {"refused": "it is refused"}

QUESTIONS: dict[str, Question] = {
    "repeated": Question(
        "one number twice in one request",
        {
            "conflict": "the second is answered 409",
            "same": "both are answered as done, and one contact is stored",
            "stored_twice": "two contacts are stored",
        },
    ),
    "delay": Question("when a contact that was written can be read", figure="after {} s"),
    "duplicate": Question(
        "creating a number that is a contact already",
        {
            "conflict": "409, and the contact stays as it is",
            "conflict_applied": "409, and yet the contact is changed",
            "updated": "answered as done, and the contact is changed",
            "ignored": "answered as done, and the contact stays as it is",
            "stored_twice": "a second contact is stored",
        },
    ),
    "conflict_tells": Question(
        "what a 409 tells of the contact that is there",
        {"contact": "the whole contact", "sid": "its sid", "nothing": "nothing"},
    ),
    "conflict_counts": Question(
        "how a 409 is counted in the reply", {"failed": "as failed", "success": "as a success", "untold": "not at all"}
    ),
    "conflict_http": Question("HTTP status of a reply that holds a 409", figure="{}"),
    "null": Question(
        "null in an update", {"clears": "it empties the field", "ignored": "it changes nothing", **_REFUSED}
    ),
    "empty": Question(
        "an empty text in an update",
        {
            "stored": "it empties the field (shown as an empty text)",
            "null": "it empties the field (shown as null)",
            "ignored": "it changes nothing",
            **_REFUSED,
        },
    ),
    "custom": Question(
        "custom_field in an update",
        {
            "replaced": "it replaces what was there",
            "merged": "it is merged into what was there, at every depth",
            "merged_top": "it is merged into what was there, key by key",
        },
    ),
    "custom_alias": Question(
        "“custom” instead of custom_field",
        {"ignored": "it changes nothing", "alias": "it is taken for custom_field", **_REFUSED},
    ),
    "unknown_field": Question("a field that nobody knows", {"ignored": "it is passed over", **_REFUSED}),
    "wrong_type": Question(
        "a number where a text belongs",
        {
            "request": "the whole request is refused",
            "row": "its row alone is refused",
            "taken": "it is taken",
        },
    ),
    "order": Question(
        "the order of a reply's entries",
        {
            "kept": "that of the request",
            "successes_mixed": "failures keep their places, successes don't",
            "mixed": "any",
        },
    ),
    "rows": Question("contacts in one request", figure="{} are taken"),
    "whole_failure": Question(
        "the form of a bulk request refused whole",
        {
            "array": "an array with one entry",
            "object": "one entry",
            "rest": "a RestException",
            "page": "no JSON at all",
        },
    ),
    "local_number": Question(
        "a number without its country code",
        {
            "international": "it is taken, and stored with its country code",
            "as_sent": "it is taken, and shown as sent",
            **_REFUSED,
        },
    ),
    "email": Question("an e-mail address that is none", {"taken": "it is stored", **_REFUSED}),
    "longest": Question("the longest text tried that a field takes", figure="{} characters"),
    "number_change": Question("another number for a contact", {"allowed": "it is taken", **_REFUSED}),
    "limit_over": Question(
        "pages of more than 20 contacts",
        {"clamped": "they come with 20", "taken": "they come as asked", **_REFUSED},
    ),
    "bad_limit": Question("a limit of 0", {"ignored": "it is passed over", **_REFUSED}),
    "past_end": Question(
        "an offset behind the last contact", {"empty": "an empty page", "not_found": "404"}
    ),
    "ties": Question(
        "the order of contacts of one second",
        {"stable": "it was the same each time", "mixed": "it changes from reading to reading"},
    ),
    "newest_first": Question(
        "sorting by newest", {"taken": "the newest come first", "ignored": "it is passed over", **_REFUSED}
    ),
    "deleted_again": Question(
        "deleting a contact twice", {"http": "404", "entry": "HTTP 200, and 404 inside", "done": "answered as done"}
    ),
}  # fmt: skip
"""Every question of the probe, in the order in which the answers are told."""

Clearing = Literal["empty", "null", "impossible"]


@dataclass(frozen=True)
class Behaviour:
    """Answers by question, as far as they are proven. `learned`: when, in ISO form; "" before any probe."""

    answers: Mapping[str, str] = field(default_factory=dict)
    learned: str = ""

    def __post_init__(self) -> None:
        wrong = [name for name, answer in self.answers.items() if not QUESTIONS[name].fits(answer)]
        if wrong:
            raise ValueError(f"not an answer: {', '.join(wrong)}")

    def of(self, question: str) -> str | None:
        """The answer to a question; None: not proven. `KeyError` for a question that is none."""
        if question not in QUESTIONS:
            raise KeyError(question)
        return self.answers.get(question)

    @property
    def refuses_duplicates(self) -> bool:
        """Creating a number that is there is proven to be a 409 that changes nothing (CONTRACT 8)."""
        return self.of("duplicate") == "conflict" and self.of("repeated") != "stored_twice"

    @property
    def names_duplicates(self) -> bool:
        """And that 409 is proven to tell the existing contact's sid: what `listing: none` needs (CONTRACT 6)."""
        return self.refuses_duplicates and self.of("conflict_tells") in ("contact", "sid")

    @property
    def clears_by(self) -> Clearing | None:
        """What empties a text field: "" (`empty`), null, or nothing at all. None: not proven."""
        empty, null = self.of("empty"), self.of("null")
        if empty in ("stored", "null"):
            return "empty"
        if null == "clears":
            return "null"
        return "impossible" if empty and null else None

    @property
    def mixes_replies(self) -> bool:
        """Entries of a reply are proven to come in any order, so that a place says nothing."""
        return self.of("order") == "mixed"

    @property
    def delay(self) -> float:
        """Seconds until what was written can be read; 0.0 where nothing is proven."""
        return float(self.of("delay") or 0.0)

    @property
    def rows(self) -> int | None:
        """How many contacts one request is proven to take; None: not proven."""
        return int(float(found)) if (found := self.of("rows")) else None

    def to_text(self) -> str:
        """As an account's memory keeps it."""
        return json.dumps({"version": VERSION, "learned": self.learned, "answers": dict(self.answers)})


UNKNOWN = Behaviour()
"""Before any probe."""


def from_text(text: str | None) -> Behaviour:
    """What `to_text` wrote; nothing proven where it is missing, of another version, or not to be read."""
    try:
        found = json.loads(text or "{}")
        if found["version"] != VERSION:
            return Behaviour()
        return Behaviour({str(name): str(answer) for name, answer in found["answers"].items()}, str(found["learned"]))
    except (ValueError, TypeError, KeyError, AttributeError):
        return Behaviour()
