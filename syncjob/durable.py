"""Files that are whole or not there, and for their owner's eyes only: written aside, synced, put in place.

Frames are Parquet, without statistics and without dictionaries, since most of their texts stand there once.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

import orjson

from syncjob.errors import SyncjobError
from syncjob.model import Json

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

_ABOUT = b"syncjob"

_MANY = 20_000
"""From so many lines on, several threads read a frame sooner than one."""


@contextmanager
def whole(path: Path) -> Iterator[IO[bytes]]:
    """A file that stands at `path` once the body of the `with` has ended well; before that nothing is there.

    Raises `SyncjobError` when the disk won't have it.
    """
    try:
        with _aside(path) as file:
            yield file
        Path(file.name).replace(path)
    except OSError as error:
        raise _unwritable(path, error) from error


def write_whole(path: Path, data: bytes) -> None:
    """Write `data` to `path`. Raises as `whole`."""
    with whole(path) as file:
        file.write(data)


def write_aside(path: Path, pieces: Iterable[bytes]) -> Path:
    """Write `pieces` beside `path` and sync; where they lie until `settle`. Raises as `whole`."""
    try:
        with _aside(path) as file:
            file.writelines(pieces)
    except OSError as error:
        raise _unwritable(path, error) from error
    return Path(file.name)


def settle(aside: Path, path: Path) -> None:
    """Put what was written aside in its place. Raises as `whole`."""
    try:
        aside.replace(path)
    except OSError as error:
        raise _unwritable(path, error) from error


@contextmanager
def _aside(path: Path) -> Iterator[IO[bytes]]:
    """A file beside `path`, synced at its end."""
    with open(path.with_name(path.name + ".new"), "wb", opener=_private) as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def write_frame(path: Path, frame: pd.DataFrame) -> None:
    """Write a frame. Raises as `whole`."""
    with whole(path) as file:
        put_frame(frame, file)


def put_frame(frame: pd.DataFrame, sink: IO[bytes]) -> None:
    """Write a frame as Parquet, with its `attrs` and without its index, into a file that is open."""
    import pyarrow as pa  # a command that keeps nothing starts sooner without
    import pyarrow.parquet as pq

    about = {_ABOUT: orjson.dumps(frame.attrs)}
    table = pa.table({str(name): pa.array(column.array) for name, column in frame.items()}, metadata=about)
    pq.write_table(table, sink, compression="zstd", use_dictionary=False, write_statistics=False)


def read_frame(source: Path | IO[bytes], columns: Sequence[str] | None = None) -> pd.DataFrame:
    """A frame that was written here, or some of its columns. Raises `OSError` or `ValueError` when it is damaged."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(source) as file:
        threads = file.metadata.num_rows >= _MANY
        table = file.read(list(columns) if columns else None, use_threads=threads)
    found: pd.DataFrame = table.to_pandas(use_threads=threads)
    found.attrs.update(_about(table.schema))
    return found


def about_frame(path: Path) -> dict[str, Json]:
    """A frame's `attrs`, without reading it. Raises as `read_frame`."""
    import pyarrow.parquet as pq

    return _about(pq.read_schema(path))


def _about(schema: pa.Schema) -> dict[str, Json]:
    found: dict[str, Json] = orjson.loads((schema.metadata or {}).get(_ABOUT, b"{}"))
    return found


def _unwritable(path: Path, error: OSError) -> SyncjobError:
    return SyncjobError(
        f"{path} can't be written: {error.strerror or error}.",
        code="state_unwritable",
        advice="Free disk space or mend the folder's permissions. Nothing was sent that is not in the journal.",
    )
