"""The groups of the config (CONTRACT 3): every key, its default, and one line on what it is for.

What enters: the values of one group. What leaves: a frozen record. The docstrings and descriptions here are the words
of the example config and of the JSON Schema; they are written for the person who fills in the file.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field

from syncjob.config import fields as f
from syncjob.config.section import Section
from syncjob.config.values import Choice, Share
from syncjob.model import Mode, Reading
from syncjob.remotes import KINDS, abilities_of

_HOSTS = {"mumbai": "https://api.in.exotel.com", "singapore": "https://api.exotel.com"}


class Remote(Section):
    """Where the contacts live, and how to reach them.

    A key and its token belong to one region; in the other they are refused. Reading the whole account (listing: scan)
    costs one request per 20 contacts, and an account allows few requests a minute: cached starts from what is known.
    """

    kind: f.Kind = Field(default="exotel_contacts", description=" | ".join(KINDS))
    region: Literal["mumbai", "singapore"] | None = Field(
        default="mumbai", description="mumbai | singapore: where the account was opened"
    )
    base_url: f.Url = Field(
        default=None,
        description="instead of region: another address, such as the sandbox's",
        examples=["http://127.0.0.1:8080"],
    )
    account_sid: f.Text | None = Field(default=None, description="the account's name, from Exotel's API settings page")
    api_key: f.Secret = Field(
        default=None, exclude=True, description="secret; ${file:/run/secrets/key} reads it from a file"
    )
    api_token: f.Secret = Field(default=None, exclude=True, description="secret")
    list: f.Text | None = Field(default=None, description="exotel_list: the list's sid or name")
    rate: f.RateField = Field(
        default="auto",
        description="auto | N/second | N/minute | off. auto: 30/minute, or as the account says",
    )
    concurrency: f.Whole = Field(default=8, ge=1, le=64, description="requests in flight at once")
    timeout: f.Seconds = Field(default=60, gt=0, description="seconds to wait for an answer")
    listing: Reading = Field(
        default="scan",
        description="scan (all) | cached (from what is known) | none | auto (cheapest that is safe)",
    )
    max_age: f.Span = Field(default=timedelta(days=7), description="cached: read everything at least this often")
    refresh: f.Whole = Field(default=0, ge=0, description="cached: pages read again in each run, oldest first")

    @property
    def url(self) -> str:
        """The address of the service, without a slash at the end."""
        return self.base_url or abilities_of(self.kind).address or _HOSTS[self.region or "mumbai"]

    @property
    def place(self) -> str:
        """Where it is, for people: the region, or the address of what is in none."""
        return self.url if self.base_url or abilities_of(self.kind).address else self.region or "mumbai"

    @property
    def host(self) -> str:
        """The service's host, with its port where one is named."""
        return urlsplit(self.url).netloc

    @property
    def account(self) -> str:
        """The account's name for people; a kind without account names goes by its own."""
        return self.account_sid or self.kind

    @property
    def identity(self) -> str:
        """What memory, lock and shared rate go by: the account on this very host, so a sandbox is never mistaken."""
        return f"{self.host}/{self.account}"


class Source(Section):
    """Where the spreadsheets are, when none is named on the command line.

    Paths start from this file's folder. What is found here speaks for the whole job: contacts missing from it can count
    as removed. A file named on the command line speaks only for the rows in it.
    """

    files: f.Files = Field(default=(), description="paths or patterns: csv, tsv, xlsx, xlsm, xls, xlsb, ods")
    pick: Literal["all", "newest"] = Field(default="all", description="all | newest: which of the files that fit")
    wait: f.Minutes = Field(default=0, description="minutes to wait for a file that is not there yet")
    settle: f.Seconds = Field(
        default=10, description="seconds a file must lie unchanged, so that none is read half copied"
    )
    max_age: f.Hours | None = Field(
        default=None, description="hours; an older file is refused, for nobody refreshed it"
    )
    sheet: f.Sheet = Field(default=None, description="null: the sheet that holds the contacts; or a name, a list, all")
    header_row: f.HeaderRow = Field(default="auto", description="auto, or the row that holds the headers")
    encoding: f.Encoding = Field(default="auto", description="auto, or a name such as utf-8, cp1252")
    delimiter: f.Delimiter = Field(default="auto", description="auto, or a character, or tab, comma, semicolon, pipe")


class Phone(Section):
    """How numbers written without a country code are read."""

    default_region: f.Region = Field(default="IN", description="the country of numbers without +91 and the like")


class Sync(Section):
    """What the job does with a difference between the sheet and the remote.

    Nothing is ever removed unless remote_only (or the mode) says so, and then only contacts that are ours: those this
    job made (created), those once in its sheet (named), those with a tag (tag:VALUE), or every one (all).
    """

    mode: Mode = Field(
        default="upsert",
        description="upsert (add and change) | create | update | delete (what the sheet lists)",
    )
    remote_only: f.RemoteOnly = Field(
        default=Choice("keep"),
        description="not in the sheet: keep | report | mark:VALUE (replaces the tag) | delete",
    )
    owned: f.Owned = Field(
        default=Choice("created"), description="which of those are ours to touch: created | named | tag:VALUE | all"
    )
    gone: Literal["skip", "recreate"] = Field(default="skip", description="skip | recreate: what somebody else removed")
    blank: Literal["keep", "clear"] = Field(
        default="keep", description="keep | clear; the cell text #CLEAR always clears"
    )
    conflict: Literal["hold", "first", "last"] = Field(
        default="hold", description="hold | first | last: rows with one number that differ"
    )
    protect: f.Protect = Field(default=(), description="fields never overwritten; numbers never touched")
    fill_only: f.Fields = Field(default=(), description="fields set only where the remote is empty")
    batch_size: f.Whole = Field(default=5000, ge=1, le=5000, description="contacts in one request, at most 5000")
    instead_of_delete: f.Text | None = Field(default=None, description="sendme123: deactivate")

    @property
    def protected_fields(self) -> tuple[str, ...]:
        """The fields of `protect`."""
        return tuple(name for name in self.protect if f.is_field(name))

    @property
    def protected_as_written(self) -> tuple[str, ...]:
        """The numbers of `protect` as written; `Config.protected_numbers` has them as E.164."""
        return tuple(name for name in self.protect if not f.is_field(name))


class Deletes(Section):
    """How many contacts one run may remove."""

    percent: f.Percent | None = Field(default=10, description="of the contacts the job may touch")
    count: f.Whole | None = Field(default=200, ge=0, description="and never more than this; exophones: 0 unless set")
    over: Literal["refuse", "hold"] = Field(
        default="refuse", description="refuse (the run stops) | hold (only the removals)"
    )


class Updates(Section):
    """How many contacts one run may change."""

    percent: f.Percent | None = Field(default=50, description="of the contacts the job may touch")


class Creates(Section):
    """How many contacts one run may add: the larger of the two; no limit while the remote is empty."""

    count: f.Whole | None = Field(default=10_000, ge=0, description="contacts")
    factor: f.Number | None = Field(default=5, ge=0, description="times the contacts there are")


class Limits(Section):
    """The guards: a run that would do more than this stops before its first write and asks a person to look.

    They catch a half-saved file, a column that slipped, a filter left on. Comparisons judge whole sources only, and
    percentages count from 20 contacts up. A refused plan can be allowed that one time, with the command it prints;
    null switches a guard off for good.
    """

    deletes: Deletes = Field(
        default=Deletes(), description="removals; over: refuse (the run stops) | hold (only the removals)"
    )
    updates: Updates = Field(default=Updates(), description="changes, in percent of the contacts the job may touch")
    creates: Creates = Field(
        default=Creates(), description="additions: the larger of count and factor x existing contacts"
    )
    shrink: f.Percent | None = Field(default=20, description="percent fewer rows than the last good runs had")
    familiar: f.Percent | None = Field(
        default=50, description="percent of the last good run's numbers that must be in the sheet"
    )
    column_change: f.Percent | None = Field(
        default=80, description="percent of contacts for which one field may be overwritten"
    )
    unreadable: f.Whole = Field(
        default=0, ge=0, description="rows without a readable number; with more, nothing is removed"
    )
    bad_rows: f.ShareField = Field(
        default=Share(0), description='rows, or "2%": up to here bad rows still end in exit 0'
    )
    plan_age: f.Span = Field(default=timedelta(hours=72), description="an older plan file is not applied")
    requests: f.Whole | None = Field(
        default=None, ge=1, description="requests a run may make; null: as many as it takes"
    )
    minutes: f.Minutes | None = Field(
        default=None, gt=0, description="minutes a run may take; removals that don't fit wait"
    )


class Results(Section):
    """What a run leaves behind, each in its own folder: a workbook with an answer for every row, a page, a summary."""

    dir: f.Location = Field(
        default=Path("results"), validate_default=True, description="the folder, from this file's folder"
    )
    mask: f.Flag = Field(default=False, description="true: copies to share, with numbers and names hidden, lie beside")
    keep_days: f.Whole = Field(default=90, ge=1, description="older result folders are removed")


class State(Section):
    """What the job remembers: the journal of every run, and who made which contact."""

    dir: f.Location | None = Field(
        default=None, description="null: the user's state folder; $SYNCJOB_STATE_DIR goes before this"
    )
    history_days: f.Whole = Field(default=730, ge=1, description="older history is forgotten")
