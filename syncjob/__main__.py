"""`python -m syncjob` and the `syncjob` command."""

from __future__ import annotations

import gc
import sys


def main() -> None:
    """Run the command line; exits with the code of CONTRACT 9."""
    gc.set_threshold(100_000, 50, 100)  # a plan is a million small values without cycles
    from syncjob.cli import run_command

    sys.exit(run_command(sys.argv[1:]))


if __name__ == "__main__":
    main()
