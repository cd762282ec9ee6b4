"""A run on a list, read again: who joined must be on it, who left must not, as soon as the list shows what was done.

Enters: the lines of a run that are sure (verifying.py). Leaves: the members, who is to be read singly, and differences.
"""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from syncjob.executor.echo import lines_of
from syncjob.job.members import members_seen
from syncjob.job.session import Session
from syncjob.model import Contact

ON, OFF = "on it", "not on it"
LEFT = ("removed", "deleted")


def members_expected(session: Session, lines: pd.DataFrame) -> pd.DataFrame:
    """The members (schema.CONTACTS), read again, within bounds, until they are those that `lines` tell of."""
    left = lines["outcome"].isin(LEFT)
    return members_seen(session, there=set(lines["sid"][~left]), gone=set(lines["sid"][left]))


def known_from(lines: pd.DataFrame, members: pd.DataFrame) -> dict[str, Contact | None]:
    """sid → contact, of those in `lines`: the list shows its members whole."""
    shown = members[members["sid"].isin(lines["sid"])]
    return {str(contact["sid"]): contact for contact in lines_of(shown)}


def others(lines: pd.DataFrame, members: pd.DataFrame) -> list[str]:
    """The sids of `lines` that the list did not show."""
    return [str(sid) for sid in lines["sid"][~lines["sid"].isin(members["sid"])].tolist()]


def off_list(lines: pd.DataFrame, members: pd.DataFrame) -> Iterator[tuple[object, ...]]:
    """The lines of DIFFERENCES that are about being on the list."""
    sids = set(members["sid"])
    for line in lines.to_dict("records"):
        expected, found = line["outcome"] not in LEFT, line["sid"] in sids
        if expected != found:
            row = "" if pd.isna(line["row"]) else str(int(line["row"]))
            place = (line["source"], line["sheet"], row, line["number"], line["sid"], line["outcome"])
            yield (*place, "list", *((ON, OFF) if expected else (OFF, ON)))
