"""Validation without a remote: what is wrong with the rows themselves."""

from __future__ import annotations

import pandas as pd

from syncjob.config import Config
from syncjob.differ import Known, compare
from syncjob.job.preparing import rules_of
from syncjob.loader.table import Loaded
from syncjob.schema import CONTACTS


def checked(config: Config, loaded: Loaded) -> pd.DataFrame:
    """One line per row: its place (source, sheet, row, column, header), outcome, reason, detail.

    Good rows are `planned`: what a run would do with them only the remote knows.
    """
    diff = compare(loaded.rows, CONTACTS.empty(), rules_of(config, whole=False), Known())
    rows = loaded.rows[["row_id", "source", "sheet", "row", "column", "header", "value"]]
    told = rows.merge(diff.verdicts[["row_id", "verdict", "reason", "detail"]], on="row_id")
    told["outcome"] = told["verdict"].where(~told["verdict"].isin(["create", "update", "delete"]), "planned")
    return told
