"""Workbooks under a password.

What enters: a path. What leaves: the path of the opened copy when Excel's built-in password opens it (Excel puts it on
files whose structure is protected, and asks nobody), else `SourceError`. Promised: no other password is tried.
"""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

from syncjob.loader.refusal import refuse
from syncjob.loader.unpack import BROKEN

_BUILT_IN = "VelvetSweatshop"
NOTE = "The file was wrapped with Excel's built-in password and was opened with it."
_ADVICE = "Save it without a password (File, Info, Protect Workbook)."


def unlock(path: Path, folder: Path, name: str) -> Path:
    """A readable copy of a locked workbook, in `folder`; `path` itself when it is not locked."""
    import msoffcrypto
    from msoffcrypto.exceptions import DecryptionError, InvalidKeyError

    copy = folder / "unlocked"
    with path.open("rb") as file:
        if not _is_locked(file):
            return path
        file.seek(0)
        try:
            with copy.open("wb") as out:
                office = msoffcrypto.OfficeFile(file)
                office.load_key(password=_BUILT_IN)
                office.decrypt(out)
        except (DecryptionError, InvalidKeyError) as error:
            raise refuse(name, "it is protected by a password", _ADVICE) from error
        except BROKEN as error:
            raise refuse(name, "it is protected by a password, or damaged", _ADVICE) from error
    return copy


def _is_locked(file: BinaryIO) -> bool:
    """What can't be told is left to the engine, which knows older formats."""
    import msoffcrypto
    from msoffcrypto.exceptions import FileFormatError, ParseError

    try:
        return bool(msoffcrypto.OfficeFile(file).is_encrypted())
    except (FileFormatError, ParseError, *BROKEN):
        return False
