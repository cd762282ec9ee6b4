"""`python -m syncjob` and the `syncjob` command."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line; exits with the code of CONTRACT 9."""
    from syncjob.cli import run_command

    sys.exit(run_command(sys.argv[1:]))


if __name__ == "__main__":
    main()
