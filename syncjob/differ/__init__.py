"""wanted × existing → one verdict per row, and one per contact that no row names.

Enters: rows (schema.ROWS), contacts (schema.CONTACTS), the `Rules` of the job, and what is `Known` from earlier runs.
Leaves: a `Diff`. Promised: every row gets exactly one verdict; what is held, protected or not ours is never changed.
"""

from syncjob.differ.compare import compare
from syncjob.differ.rules import Diff, Known, Rules
from syncjob.differ.standing_in import stood_in

__all__ = ["Diff", "Known", "Rules", "compare", "stood_in"]
