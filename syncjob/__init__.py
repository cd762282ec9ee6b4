"""The whole job, from spreadsheet to result workbook (CONTRACT 12). Importing this is cheap.

    syncjob.read_table(path)     any CSV or workbook → DataFrame of text
    syncjob.normalise(series)    messy numbers → E.164 or the reason why not
    syncjob.plan(config)         what would be done
    syncjob.run(config)          do it

They raise `syncjob.errors` and nothing else, and never prompt.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from syncjob.api import Plan, Result, normalise, plan, read_table, run

__all__ = ["Plan", "Result", "normalise", "plan", "read_table", "run"]


def __getattr__(name: str) -> object:
    if name in __all__:
        from syncjob import api

        return getattr(api, name)
    raise AttributeError(f"module 'syncjob' has no attribute {name!r}")
