"""The channels of the config, each told what it has to know: ping every run, the others what is news to them.

What enters: the group `notify`, what the channels were told before, the news. What leaves: one sentence for each that
could not be told, and what they know now. A channel that was not reached is told at the next run.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from syncjob.config.telling import Notify
from syncjob.notify.mailing import MOST_BYTES, send
from syncjob.notify.news import Delivery, News, Told, Why, learnt, passed_over, why
from syncjob.notify.posting import call
from syncjob.notify.wording import body, message


@dataclass(frozen=True)
class HandOver:
    """A file for the people who can fix it. `rows` stands for the rows in it: other rows, another text."""

    file: Path
    subject: str
    text: str
    rows: str


@dataclass
class Teller:
    """Tells the channels of `notify`. `known`: channel → what it was last told; changed in place."""

    notify: Notify
    known: dict[str, Told] = field(default_factory=dict)
    wait: Callable[[float], None] = time.sleep

    def begin(self) -> list[str]:
        """Ping: a run starts."""
        return self._ping("start", "")

    def end(self, news: News, hand_over: HandOver | None) -> list[str]:
        """A run ended: tell everybody to whom it is news. Returns what could not be told."""
        ping = self._ping("failure" if news.exit_code else "success", str(news.exit_code))
        return ping + self._webhook(news) + self._email(news) + self._hand_over(news, hand_over)

    def _ping(self, name: Literal["start", "success", "failure"], exit_code: str) -> list[str]:
        ping = self.notify.ping
        address = getattr(ping, name) if ping else None
        if address is None:
            return []
        url = str(address.get_secret_value()).replace("{exit_code}", exit_code)
        return _said(f"The {name} ping", call(url, wait=self.wait))

    def _webhook(self, news: News) -> list[str]:
        hook = self.notify.webhook
        if hook is None or hook.url is None:
            return []
        url, style = hook.url.get_secret_value(), hook.style
        return self._tell(
            "webhook", news, lambda reason: call(url, body(news, reason, style), wait=self.wait), "The webhook message"
        )

    def _email(self, news: News) -> list[str]:
        email = self.notify.email
        if email is None or not email.to:
            return []

        def mail(reason: Why) -> Delivery:
            told = message(news, reason)
            return send(email, email.to, told.subject, told.text)

        return self._tell("email", news, mail, "The mail")

    def _tell(self, channel: str, news: News, deliver: Callable[[Why], Delivery], what: str) -> list[str]:
        """Deliver when it is news; only what arrived counts as told."""
        told = self.known.get(channel)
        reason = why(news, told, self.notify.remind)
        if reason is None:
            if told is not None:
                self.known[channel] = passed_over(news, told)
            return []
        delivery = deliver(reason)
        if delivery.arrived:
            self.known[channel] = learnt(news)
        return _said(what, delivery)

    def _hand_over(self, news: News, given: HandOver | None) -> list[str]:
        """Mail the file when it holds other rows than the last one mailed, and again after `remind`."""
        email, wanted = self.notify.email, self.notify.hand_off
        if wanted is None or email is None:
            return []
        if given is None:
            if not news.exit_code:
                self.known.pop("hand_off", None)  # all was fixed; whatever comes then is new
            return []
        told = self.known.get("hand_off")
        if told is not None and told.rows == given.rows and news.at - told.at < self.notify.remind:
            return []
        text, file = given.text, given.file
        attached: Path | None = file
        if _size(file) > MOST_BYTES:
            attached, text = None, f"{text}\nThe file is too large for a mail. It lies here: {file}\n"
        delivery = send(email, wanted.to, given.subject, text, attached)
        if delivery.arrived:
            self.known["hand_off"] = learnt(news, given.rows)
        return _said("The file for those who can fix it", delivery)


def _said(what: str, delivery: Delivery) -> list[str]:
    how = "reached not everybody" if delivery.arrived else "could not be sent"
    return [f"{what} {how}: {delivery.trouble}."] if delivery.trouble else []


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:
        return 0
