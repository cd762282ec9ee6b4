"""The remote as a spreadsheet that `run` reads back: every text survives the round trip (law 6)."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from syncjob.errors import ConfigError
from syncjob.job.members import read_remote
from syncjob.job.session import Session
from syncjob.results.sheetfile import write_table
from syncjob.schema import PLAIN_FIELDS


def export_contacts(session: Session, path: Path) -> int:
    """Write every contact, or every member of the list, to `path` (.xlsx or .csv); how many there are.

    Columns are the contact fields under their own names; `custom_field` holds a JSON object as text.
    """
    if path.suffix.lower() not in (".xlsx", ".csv"):
        raise ConfigError(f"{path} can't be written: export makes .xlsx and .csv files.")
    able = session.remote.abilities
    if not able.lists:
        raise ConfigError(f"{able.kind} has no listing, so what it holds can't be exported.")
    contacts = read_remote(session).contacts
    write_table(exported(contacts) if able.keyed_by_number else by_key(contacts, able.key), path)
    return len(contacts)


def by_key(contacts: pd.DataFrame, key: str) -> pd.DataFrame:
    """The columns of an export where contacts go by another key: the key, the number as shown, the name."""
    name = (contacts["first_name"].fillna("") + " " + contacts["last_name"].fillna("")).str.strip()
    return pd.DataFrame({key: contacts["number"], "number": contacts["raw"], "name": name}).reset_index(drop=True)


def exported(contacts: pd.DataFrame) -> pd.DataFrame:
    """The columns of an export, all text; the number as E.164, or as the remote shows it where it can't be read."""
    made = pd.DataFrame({"number": contacts["number"].fillna(contacts["raw"])})
    for name in (*PLAIN_FIELDS, "custom_field"):
        made[name] = contacts[name].fillna("")
    return made.reset_index(drop=True)
