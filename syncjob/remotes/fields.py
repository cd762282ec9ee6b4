"""What no document says of a contact's fields, asked with one contact: values, types, names, numbers.

Enters: a `Canary` that was made. Leaves: answers (behaviour.QUESTIONS). Promises: what a field holds is read, never
believed; what can't be told stays unanswered.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from syncjob.model import Json
from syncjob.remotes.canary import Canary, Heard

LENGTHS = (5000, 1000, 255, 100, 50, 20)
INVENTED = "+1201555{:04d}"
"""Numbers that are kept for fiction (555-0100 to 555-0199): nobody can be reached there."""


class Fields:
    """Asks about values, one update and one read after the other."""

    def __init__(self, canary: Canary, answers: dict[str, str]) -> None:
        self._canary = canary
        self.answers = answers

    @property
    def questions(self) -> tuple[Callable[[], None], ...]:
        """All of them; the number comes last, lest the others meet a contact under another one."""
        return (
            *(self.null, self.empty, self.custom, self.custom_alias, self.unknown_field, self.wrong_type),
            *(self.email, self.longest, self.local_number, self.number_change),
        )

    def null(self) -> None:
        if self._filled():
            self._emptied("null", None, {None: "clears", "": "clears"})

    def empty(self) -> None:
        if self._filled():
            self._emptied("empty", "", {None: "null", "": "stored"})

    def _filled(self) -> bool:
        """Whether the contact has a tag that can be emptied."""
        self._canary.marked({"tag": "probe"})
        held = self._canary.held()
        return held is not None and held.get("tag") == "probe"

    def _emptied(self, question: str, value: Json, meanings: Mapping[Json, str]) -> None:
        if _refused(self._canary.marked({"tag": value})):
            self.answers[question] = "refused"
            return
        held = self._canary.held()
        if held is not None:
            self.answers[question] = meanings.get(held.get("tag"), "ignored")

    def custom(self) -> None:
        canary = self._canary
        canary.marked({"custom_field": {"a": "1", "n": {"x": "1", "y": "1"}}})
        before = canary.held()
        if before is None or before.get("custom_field") != {"a": "1", "n": {"x": "1", "y": "1"}}:
            return
        canary.marked({"custom_field": {"n": {"x": "2"}}})
        held = canary.held()
        for answer, whole in (
            ("replaced", {"n": {"x": "2"}}),
            ("merged", {"a": "1", "n": {"x": "2", "y": "1"}}),
            ("merged_top", {"a": "1", "n": {"x": "2"}}),
        ):
            if held is not None and held.get("custom_field") == whole:
                self.answers["custom"] = answer

    def custom_alias(self) -> None:
        if _refused(self._canary.marked({"custom": {"z": "1"}})):
            self.answers["custom_alias"] = "refused"
            return
        held = self._canary.held()
        if held is not None:
            own = held.get("custom_field")
            taken = isinstance(own, dict) and own.get("z") == "1"
            self.answers["custom_alias"] = "alias" if taken else "ignored"

    def unknown_field(self) -> None:
        refused = _refused(self._canary.marked({"syncjob_probe": "1"}))
        self.answers["unknown_field"] = "refused" if refused else "ignored"

    def email(self) -> None:
        self._stored("email", "email", "not an address", "taken")

    def longest(self) -> None:
        """The longest of some lengths that comes back whole."""
        for length in LENGTHS:
            text = "p" * length
            if _refused(self._canary.marked({"first_name": text})):
                continue
            held = self._canary.held()
            if held is not None and held.get("first_name") == text:
                self.answers["longest"] = str(length)
                return

    def local_number(self) -> None:
        """Its own number as people of its country write it; only India's way is known here."""
        canary = self._canary
        if not canary.number.startswith("+91"):
            return
        local = "0" + canary.number.removeprefix("+91")
        if _refused(canary.marked({"number": local})):
            self.answers["local_number"] = "refused"
            return
        held = canary.held()
        if held is not None:
            known = {canary.number: "international", local: "as_sent"}
            self._answer("local_number", known.get(str(held.get("number"))))
            self._back()

    def number_change(self) -> None:
        """A number of fiction, and its own again."""
        free = next((n for n in map(INVENTED.format, range(100, 200)) if n not in self._canary.ground.taken), None)
        if free is not None:
            self._stored("number_change", "number", free, "allowed")
            self._back()

    def _back(self) -> None:
        self._canary.marked({"number": self._canary.number})

    def _stored(self, question: str, name: str, value: str, answer: str) -> None:
        """Whether a value is stored as sent, or refused."""
        if _refused(self._canary.marked({name: value})):
            self.answers[question] = "refused"
            return
        held = self._canary.held()
        if held is not None and held.get(name) == value:
            self.answers[question] = answer

    def _answer(self, question: str, answer: str | None) -> None:
        if answer is not None:
            self.answers[question] = answer

    def wrong_type(self) -> None:
        heard = self._canary.update({"tag": 5}, {"tag": "probe"})
        if heard.refused or len(heard.entries) != 2:
            self.answers["wrong_type"] = "request"
        else:
            done = sum(entry.done for entry in heard.entries)
            self._answer("wrong_type", {1: "row", 2: "taken"}.get(done))


def _refused(heard: Heard) -> bool:
    """Whether the one row of a request was."""
    return heard.status >= 400 or any(not entry.done for entry in heard.entries)
