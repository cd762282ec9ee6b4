"""The pictures of a plan workbook in the docs, taken of a real plan: the demo's sheets against the sandbox.

python -m tests.builders_plan_picture      needs libreoffice and pdftoppm; takes half a minute
"""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

from tests.builders_docs import ROOT, played

PICTURES = ROOT / "docs" / "pictures"
COMMANDS = ["syncjob run --yes contacts.csv", "syncjob plan campaign.xlsx -o plan.xlsx"]
PAGES = {"plan-summary": (1, 94, 1040, 400), "plan-changes": (3, 110, 1220, 110)}
"""Picture → the page of the printed workbook, dots per inch, width and height."""


def printed(book: Path) -> Path:
    """A workbook on paper, as LibreOffice prints it."""
    home = f"-env:UserInstallation={(book.parent / 'office').as_uri()}"
    command = ["soffice", home, "--headless", "--convert-to", "pdf", "--outdir", str(book.parent), str(book)]
    subprocess.run(command, check=True, capture_output=True)
    return book.with_suffix(".pdf")


def cut(paper: Path, picture: str, page: int, dots: int, width: int, height: int) -> None:
    """The upper left of a page as a picture."""
    place = ["-x", "30", "-y", "40", "-W", str(width), "-H", str(height)]
    command = ["pdftoppm", "-png", "-singlefile", "-r", str(dots), "-f", str(page), "-l", str(page), *place]
    subprocess.run([*command, str(paper), str(PICTURES / picture)], check=True)


if __name__ == "__main__":
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made).resolve() / "syncjob-demo"
        folder.mkdir()
        list(played(COMMANDS, folder))
        paper = printed(folder / "plan.xlsx")
        for name, place in PAGES.items():
            cut(paper, name, *place)
