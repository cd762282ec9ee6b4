"""The output that docs/doctor.md shows, from a real run against the sandbox.

python -m tests.builders_doctor      writes it anew
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import tempfile
from pathlib import Path

from syncjob.cli import run_command
from syncjob.cli.demo import SETTINGS, sample
from syncjob.emulator import Emulator
from tests.builders_docs import HOME, PORT, ROOT, console, masked, text_of

PAGE = ROOT / "docs" / "doctor.md"
COMMAND = "syncjob doctor --probe +919845012345 --yes"

CHANCE = ((r"^(ok +versions +).*$", r"\1VERSIONS"), (r"\(\S*, [\d,.]+ [GM]B free\)", "(FREE)"))
"""What differs from machine to machine."""


def printed(folder: Path) -> str:
    """What the command prints beside a config as the demo leaves it, stdout and stderr as they come."""
    config = folder / SETTINGS
    config.write_bytes(sample(SETTINGS).read_bytes())
    config.chmod(0o600)
    out = io.StringIO()
    with Emulator(contacts=100) as remote, contextlib.chdir(folder):
        os.environ["SANDBOX_URL"] = remote.url
        try:
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
                run_command(COMMAND.split()[1:])
        finally:
            del os.environ["SANDBOX_URL"]
        return out.getvalue().replace(str(folder), HOME).replace(remote.url, PORT).replace(remote.url[7:], PORT[7:])


def plain(text: str) -> str:
    """`text` without what differs from machine to machine and from run to run."""
    for pattern, name in CHANCE:
        text = re.sub(pattern, name, text, flags=re.MULTILINE)
    return masked(text.strip())


def shown() -> str:
    """What the page says that it prints."""
    return dict(console(text_of(PAGE)))[COMMAND]


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        fresh = printed(Path(made).resolve())
    PAGE.write_text(text_of(PAGE).replace(shown(), fresh), encoding="utf-8")
