"""The pictures in the docs, taken of a real run: the demo against the sandbox, its page and its workbook.

python -m tests.builders_pictures      needs chromium, libreoffice and pdftoppm; takes a minute
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from tests.builders_docs import ROOT

PICTURES = ROOT / "docs" / "pictures"


def ran(folder: Path) -> Path:
    """The results of the demo's second run."""
    env = {"PYTHONPATH": str(ROOT), "HOME": str(folder), "PATH": "/usr/bin:/bin", "TZ": "Asia/Kolkata"}
    subprocess.run([sys.executable, "-m", "syncjob", "demo", "--quiet"], cwd=folder, env=env, check=True)
    runs = [path for path in (folder / "syncjob-demo" / "results").glob("2*") if path.is_dir()]
    return max(runs, key=lambda path: path.stat().st_mtime)


def browse(page: Path, picture: str, width: int, height: int) -> None:
    """A page as a browser shows it."""
    command = ["chromium", "--headless", "--no-sandbox", "--hide-scrollbars", f"--window-size={width},{height}"]
    subprocess.run([*command, f"--screenshot={PICTURES / picture}", page.as_uri()], check=True, capture_output=True)


def dark(page: Path) -> Path:
    """The page as those see it who like it dark."""
    made = page.with_name("dark.html")
    made.write_text(page.read_text(encoding="utf-8").replace("(prefers-color-scheme:dark)", "(min-width:1px)"), "utf-8")
    return made


def printed(book: Path, folder: Path) -> Path:
    """A workbook on paper, as LibreOffice prints it."""
    home = f"-env:UserInstallation={(folder / 'office').as_uri()}"
    command = ["soffice", home, "--headless", "--convert-to", "pdf", "--outdir", folder, book]
    subprocess.run(command, check=True, capture_output=True)
    return folder / f"{book.stem}.pdf"


def cut(paper: Path, sheet: int, picture: str, *, size: tuple[int, int], at: tuple[int, int] = (0, 0)) -> None:
    """A page of a PDF as a picture: `size` and `at` in pixels, from its corner."""
    place = ["-x", at[0], "-y", at[1], "-W", size[0], "-H", size[1]]
    command = ["pdftoppm", "-png", "-singlefile", "-r", 110, "-f", sheet, "-l", sheet, *place]
    subprocess.run([*map(str, command), paper, PICTURES / picture.removesuffix(".png")], check=True)


if __name__ == "__main__":
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as made:
        run = ran(Path(made))
        browse(run / "report.html", "report.png", 1000, 760)
        browse(dark(run / "report.html"), "report-dark.png", 1000, 760)
        paper = printed(run / "result.xlsx", Path(made))
        cut(paper, 1, "result-summary.png", size=(960, 452), at=(30, 40))
        cut(paper, 2, "result-rows.png", size=(1220, 450), at=(30, 45))
