"""The group `notify` of the config (CONTRACT 11): who is told about a run, and how.

What enters: the values of the group. What leaves: a frozen record. An address that lets whoever knows it post or ping
is a secret, like a password.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from pydantic import Field, model_validator

from syncjob.config import fields as f
from syncjob.config.section import Section


class Ping(Section):
    """Addresses called at the start and end of every run, so that a run that never happened is noticed."""

    start: f.SecretUrl = Field(default=None, exclude=True, description="called when a run starts")
    success: f.SecretUrl = Field(default=None, exclude=True, description="called when it ended well")
    failure: f.SecretUrl = Field(default=None, exclude=True, description="called when it did not")

    @model_validator(mode="before")
    @classmethod
    def _one_address(cls, value: object) -> object:
        """A single address stands for three, as Healthchecks has them; `{exit_code}` is filled in at the end."""
        if not isinstance(value, str):
            return value
        address, mark, query = value.strip().partition("?")
        base, rest = address.rstrip("/"), mark + query
        ended = f"{base}/{{exit_code}}{rest}"
        return {"start": f"{base}/start{rest}", "success": ended, "failure": ended}


class Webhook(Section):
    """A chat or a program that is told when something changes."""

    url: f.SecretUrl = Field(
        default=None, exclude=True, description="where to post; whoever knows it can post, so: secret"
    )
    style: Literal["json", "slack", "teams"] = Field(default="json", description="json | slack | teams")

    @model_validator(mode="before")
    @classmethod
    def _one_address(cls, value: object) -> object:
        """A single address is the url."""
        return {"url": value} if isinstance(value, str) else value


class Email(Section):
    """The mail server and who gets the mail."""

    host: f.Text = Field(description="the mail server")
    port: f.Whole = Field(default=587, ge=1, le=65535, description="its port")
    security: Literal["starttls", "tls", "none"] = Field(
        default="starttls", description="starttls | tls | none (this machine only)"
    )
    user: f.Text | None = Field(default=None, description="null: no login")
    password: f.Secret = Field(default=None, exclude=True, description="secret")
    sender: f.Text = Field(alias="from", description="the address it comes from")
    to: f.Texts = Field(default=(), description="who is told when something changes")


class HandOff(Section):
    """Mails a run's file, with its contact data, to the people who can fix the rows."""

    to: f.Texts = Field(min_length=1, description="their addresses")
    attach: Literal["needs-fixing", "result", "report"] = Field(
        default="needs-fixing", description="needs-fixing | result | report"
    )


class Notify(Section):
    """Who is told, and how: on every refusal, when results change, and again while they stay bad.

    Messages hold counts and reasons, never contacts; only hand_off mails a file with contacts in it.
    """

    ping: Ping | None = Field(
        default=None,
        description="when a run starts and ends; three addresses: {start, success, failure}",
    )
    webhook: Webhook | None = Field(default=None, description="a chat or a program; style: json | slack | teams")
    email: Email | None = Field(
        default=None, description="mail; also port, user, password, and security: starttls | tls | none"
    )
    remind: f.Span = Field(default=timedelta(days=7), description="tell again after this long while it stays bad")
    hand_off: HandOff | None = Field(default=None, description="mails the rows to fix to the people who can fix them")
