"""xls and xlsb workbooks → grids.

What enters: a path. What leaves: `BinaryBook`. calamine decodes the cells; what it loses (error cells, hidden rows,
merged cells) is taken from the file's own records. Promised: the same text forms as for xlsx.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from syncjob.loader.cells import typed
from syncjob.loader.grid import Collector, Grid
from syncjob.loader.records import Losses, xls_losses, xlsb_losses
from syncjob.loader.xlsx_sheet import drop_strays


@contextmanager
def _sentences() -> Iterator[None]:
    """The engine's own errors, and its panics at damaged files, as what any reader raises."""
    from python_calamine import CalamineError, PasswordError

    try:
        yield
    except PasswordError:
        raise
    except CalamineError as error:
        raise ValueError(str(error)) from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise ValueError(str(error)) from error


class BinaryBook:
    """An open workbook of one of Excel's binary formats."""

    run: str | None = None

    def __init__(self, path: Path, kind: str) -> None:
        import python_calamine

        self.format = kind
        with _sentences():
            self._book = python_calamine.load_workbook(str(path))
        visible = python_calamine.SheetVisibleEnum.Visible
        work = python_calamine.SheetTypeEnum.WorkSheet
        self.sheets = tuple(
            (sheet.name, sheet.visible == visible) for sheet in self._book.sheets_metadata if sheet.typ == work
        )
        self._losses: dict[str, Losses] = xls_losses(path) if kind == "xls" else xlsb_losses(path)
        self._grids: dict[str, Grid] = {}

    def peek(self, sheet: str, lines: int) -> Grid:  # noqa: ARG002 - the protocol's
        """The whole sheet: the engine knows no less."""
        return self.read(sheet)

    def read(self, sheet: str) -> Grid:
        """A whole sheet."""
        if sheet not in self._grids:
            with _sentences():
                self._grids[sheet] = self._read(sheet)
        return self._grids[sheet]

    def _read(self, sheet: str) -> Grid:
        source = self._book.get_sheet_by_name(sheet)
        losses = self._losses.get(sheet, Losses())
        collector = Collector()
        collector.hidden |= losses.hidden
        collector.merged += losses.merged
        left = source.start[1] if source.start else 0
        for row, values in enumerate(source.iter_rows(), start=1):
            cells: dict[int, str] = {}
            for column, value in enumerate(values, start=left):
                if value == "" and isinstance(value, str):
                    continue
                text, code = typed(value)
                if text:
                    cells[column] = text
                if code:
                    collector.flaw(row, column, code, text)
            for column, (text, code) in losses.cells.pop(row, {}).items():
                cells[column] = text
                collector.flaw(row, column, code, text)
            if cells:
                collector.add(row, cells)
        for row in sorted(losses.cells):  # error cells beyond what the engine takes for the used range
            collector.add(row, {column: text for column, (text, _) in losses.cells[row].items()})
            for column, (text, code) in losses.cells[row].items():
                collector.flaw(row, column, code, text)
        return drop_strays(collector.grid())
