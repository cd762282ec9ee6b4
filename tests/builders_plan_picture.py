"""The pictures of a plan workbook in the docs, taken of a real plan: the demo's sheets against the sandbox.

python -m tests.builders_plan_picture      needs libreoffice and pdftoppm; takes half a minute
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.builders_docs import played
from tests.builders_pictures import cut, printed

COMMANDS = ["syncjob run --yes contacts.csv", "syncjob plan campaign.xlsx -o plan.xlsx"]

if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made).resolve() / "syncjob-demo"
        folder.mkdir()
        list(played(COMMANDS, folder))
        paper = printed(folder / "plan.xlsx", folder)
        cut(paper, 1, "plan-summary.png", size=(1220, 465), at=(30, 40))
        cut(paper, 3, "plan-changes.png", size=(1220, 110), at=(30, 40))
