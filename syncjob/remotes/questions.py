"""What no document says of the contacts API, asked with one contact (reference: not documented anywhere).

Enters: a `Canary`. Leaves: answers by question (behaviour.QUESTIONS). Promises: an answer is what a reply or a later
read proved; what can't be told stays unanswered; every request is one of those in `REQUESTS`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from syncjob.model import Json
from syncjob.remotes.base import Ground, Hands
from syncjob.remotes.canary import MARK, Canary, CanaryRefused, Heard, asked, sids_of
from syncjob.remotes.fields import Fields

if TYPE_CHECKING:
    from syncjob.transport import Transport

PAGE = 20
MANY = 5000
"""Rows that one request should take, by the documents."""
MIXED = 16
"""Successes, and as many failures, by whose order a reply is judged: by chance it would be kept once in 10^21."""
NOBODY = "{:032x}"
"""The sid of no contact."""
REQUESTS: tuple[tuple[str, str], ...] = (
    ("GET contacts, up to 14 times", "page sizes, offsets, the order of equals, sorting by newest"),
    ("POST contacts, twice", "the contact is made, its number twice in one request, and then made again"),
    ("PUT contacts, about 26 times", "null, empty and long texts, custom_field, mistakes, order; 5,000 sids of nobody"),
    ("GET contacts/SID, about 15 times", "what the contact holds after each of these"),
    ("DELETE contacts/SID, three times", "the contact is removed, once more, and to be sure"),
)
"""The probe's requests, for whoever is asked to agree; more only where replies are lost."""


class Questions:
    """Asks everything, one after the other."""

    def __init__(self, canary: Canary) -> None:
        self._canary = canary
        self._total = canary.ground.total
        self._told = canary.hands.told
        self.answers: dict[str, str] = {}

    def ask_all(self) -> dict[str, str]:
        """All answers. Raises `CanaryRefused`, `RemoteRefused`, `NotDelivered`, `Interrupted`."""
        before = (self.limit_over, self.bad_limit, self.past_end, self.ties)
        after = (
            *(self.duplicate, self.newest_first, self.order, self.rows, self.whole_failure),
            *Fields(self._canary, self.answers).questions,
        )
        for done, question in enumerate(before):
            asked(question)
            self._told(done + 1, len(before) + len(after) + 2)
        self.begin()
        for done, question in enumerate(after, len(before) + 1):
            asked(question)
            self._told(done + 1, len(before) + len(after) + 2)
        self.deleted_again()
        return self.answers

    # -- pages -----------------------------------------------------------------------------------------------------

    def limit_over(self) -> None:
        heard = self._canary.page(limit=2 * PAGE, offset=0)
        if heard.status >= 400:
            self.answers["limit_over"] = "refused"
        elif len(heard.entries) > PAGE:
            self.answers["limit_over"] = "taken"
        elif self._total > PAGE or heard.counts.get("limit") == PAGE:
            self.answers["limit_over"] = "clamped"

    def bad_limit(self) -> None:
        heard = self._canary.page(limit=0, offset=0)
        self.answers["bad_limit"] = "refused" if heard.status >= 400 else "ignored"

    def past_end(self) -> None:
        heard = self._canary.page(limit=PAGE, offset=self._total + 1000)
        if heard.status == 404:
            self.answers["past_end"] = "not_found"
        elif heard.status < 300 and not heard.entries:
            self.answers["past_end"] = "empty"

    def ties(self) -> None:
        """The first page again and again, where it holds contacts of one second; of two alone their order is chance."""
        first = self._canary.page(limit=PAGE, offset=0)
        dates = [str(entry.data.get("date_created"))[:19] for entry in first.entries]
        equal = max((dates.count(date) for date in dates), default=0)
        if equal < 2:
            return
        for _ in range(2 if equal > 3 else 6):
            again = self._canary.page(limit=PAGE, offset=0)
            if _order(again) != _order(first):
                if again.counts.get("total") == first.counts.get("total"):
                    self.answers["ties"] = "mixed"
                return
        self.answers["ties"] = "stable"

    def newest_first(self) -> None:
        heard = self._canary.page(limit=PAGE, offset=0, sort_by="date_created:desc")
        order = _order(heard)
        if heard.status >= 400:
            self.answers["newest_first"] = "refused"
        elif len(order) > 1:
            self.answers["newest_first"] = "taken" if order[0] == self._canary.sid else "ignored"

    # -- making it -------------------------------------------------------------------------------------------------

    def begin(self) -> None:
        """Make the contact, its number twice in one request; what was stored is read, never believed."""
        if not asked(self._begin):
            raise CanaryRefused("The replies to making the probe's contact were lost again and again.")
        canary = self._canary
        delay = canary.await_first()
        if delay is None:
            raise CanaryRefused("The probe's contact was made, but can't be read.")
        canary.delay = round(delay + 0.05, 1) if delay else 0.0
        self.answers["delay"] = f"{canary.delay:g}"
        others = self._others()
        if others:
            self.answers["repeated"] = "stored_twice"
            self._remove(others)

    def _begin(self) -> None:
        canary = self._canary
        left = canary.hands.find()  # of a try whose reply was lost
        self._remove([str(contact["sid"]) for contact in left])
        row: dict[str, Json] = {"first_name": "syncjob", "last_name": "probe", "tag": "probe"}
        heard = canary.create(row, row)
        sids = sids_of(heard.entries)
        if not sids:
            heard = canary.create(row)
            sids = sids_of(heard.entries)
            if not sids:
                words = next((entry.words for entry in heard.entries if entry.words), heard.words)
                raise CanaryRefused(f"The remote refused the probe's contact; it said: {words.rstrip('.')}.")
        elif [entry.code for entry in heard.entries if not entry.done] == [409]:
            self.answers["repeated"] = "conflict"
        elif len(heard.entries) == 2 and all(entry.done for entry in heard.entries):
            self.answers["repeated"] = "same" if len(sids) == 1 else "stored_twice"
        canary.sid = sids[0]

    def duplicate(self) -> None:
        """Its number once more, with another first name."""
        canary = self._canary
        heard = canary.create({"first_name": "again"})
        entry = next(iter(heard.entries), None)
        now = canary.settled()
        others = self._others(sids_of(heard.entries))
        if others:
            self.answers["duplicate"] = "stored_twice"
            self._remove(others)
        elif entry is not None and now is not None:
            changed = now.get("first_name") == "again"
            if entry.code == 409:
                self.answers["duplicate"] = "conflict_applied" if changed else "conflict"
                self._conflict(heard)
            elif entry.done:
                self.answers["duplicate"] = "updated" if changed else "ignored"

    def _conflict(self, heard: Heard) -> None:
        entry = heard.entries[0]
        if entry.sid == self._canary.sid:
            self.answers["conflict_tells"] = "contact" if "first_name" in entry.data else "sid"
        elif entry.sid is None:
            self.answers["conflict_tells"] = "nothing"
        self.answers["conflict_http"] = str(heard.status)
        counts = (heard.counts.get("failed"), heard.counts.get("success"))
        known = {(1, 0): "failed", (0, 1): "success"}
        self.answers["conflict_counts"] = known.get(counts, "untold")  # type: ignore[arg-type]  # any JSON

    def _others(self, more: Sequence[str] = ()) -> list[str]:
        """Sids of contacts of ours beyond the one: as the end of the listing shows them, and as replies told them."""
        seen = [str(contact["sid"]) for contact in self._canary.hands.find()]
        return [sid for sid in dict.fromkeys((*seen, *more)) if sid != self._canary.sid]

    def _remove(self, sids: Sequence[str]) -> None:
        for sid in sids:
            self._canary.delete(sid)

    # -- requests --------------------------------------------------------------------------------------------------

    def order(self) -> None:
        """Successes told apart by what they wrote, between failures on sids of nobody."""
        rows: list[dict[str, Json]] = []
        for place in range(MIXED):
            rows += [{"first_name": f"probe {place}"}, {"sid": NOBODY.format(place + 1), "first_name": "nobody"}]
        entries = self._canary.update(*rows).entries
        if len(entries) != len(rows) or sum(entry.done for entry in entries) != MIXED:
            return
        written = [str(entry.data.get("first_name")) for entry in entries if entry.done]
        if not all(entry.done for entry in entries[::2]):
            self.answers["order"] = "mixed"
        elif len(set(written)) == MIXED:
            wanted = [row["first_name"] for row in rows[::2]]
            self.answers["order"] = "kept" if written == wanted else "successes_mixed"

    def rows(self) -> None:
        """As many rows as the documents allow, all of them about nobody; half as many when they are refused."""
        count = MANY
        while count:
            rows: list[dict[str, Json]] = [{"sid": NOBODY.format(n + 1), "tag": "probe"} for n in range(count)]
            heard = self._canary.update(*rows)
            if len(heard.entries) == count and (count > 1 or not heard.refused):
                self.answers["rows"] = str(count)
                return
            count //= 2

    def whole_failure(self) -> None:
        forms = {heard.form for heard in (self._canary.put({}), self._canary.put({})) if heard.status >= 400}
        if len(forms) == 1:
            self.answers["whole_failure"] = forms.pop()

    def deleted_again(self) -> None:
        """Remove it, twice."""

        def question() -> None:
            heard = self._canary.delete(self._canary.sid)
            code = next((entry.code for entry in heard.entries), heard.status)
            if heard.status == 404:
                self.answers["deleted_again"] = "http"
            elif code in (200, 404):
                self.answers["deleted_again"] = "entry" if code == 404 else "done"

        if asked(lambda: self._remove([self._canary.sid])):
            asked(question)


def _order(heard: Heard) -> list[str | None]:
    return [entry.sid for entry in heard.entries]


class ContactsProbe:
    """`remotes.base.Probe` of the contacts API."""

    mark = MARK
    requests = REQUESTS

    def ask(self, transport: Transport, ground: Ground, hands: Hands) -> dict[str, str]:
        """All answers."""
        return Questions(Canary(transport, ground, hands)).ask_all()
