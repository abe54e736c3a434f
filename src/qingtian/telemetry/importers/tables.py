"""Files as rows of text: CSV (also gzip), XLSX and Parquet, read as a stream, each row with its line number."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import IO, Any, cast

from qingtian.domain.errors import ConfigurationError, InvalidInput

LOOK = 64 * 1024  # bytes that encoding and separator are told by
DELIMITERS = ",;\t|"
ENCODINGS = ("utf-8-sig", "gb18030")  # a file that is no UTF-8 and comes from Chinese software is GB 18030
LONGEST_CELL = 10_000
GZIP_MAGIC = b"\x1f\x8b"
ZIP_MAGIC = b"PK\x03\x04"
PARQUET_MAGIC = b"PAR1"
PARQUET_BATCH = 5_000
MOST_EXACT = 2**53  # above it a binary float does not hold every whole number


class FileFormat(StrEnum):
    """How a file is written."""

    CSV = "csv"
    XLSX = "xlsx"
    PARQUET = "parquet"


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One row of a file.

    Args:
        line: line (of CSV) or row number, the header counted, from 1.
        cells: text by column; a cut row lacks its last columns.
        beyond: cells beyond the header.
        cut: the row ends before the header does.
    """

    line: int
    cells: Mapping[str, str]
    beyond: tuple[str, ...] = ()
    cut: bool = False

    @property
    def sha256(self) -> str:
        """Hash of the row: the same cells under the same names give the same one, wherever they stand."""
        text = "\x1f".join(f"{name}={self.cells[name]}" for name in sorted(self.cells))
        return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Layout:
    """How to read a file; empty parts are found out.

    Args:
        encoding: of CSV; empty = UTF-8, else GB 18030.
        delimiter: of CSV; empty = the one that the header uses most.
        sheet: of XLSX; empty = the first.
        header_line: line of the header, from 1.
    """

    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""
    header_line: int = 1


@dataclass(slots=True)
class Table:
    """A file that was opened.

    Args:
        format: how it is written.
        columns: names of the header.
        rows: its rows, once.
        length: rows that it holds, where that is known before it is read; else 0.
    """

    format: FileFormat
    columns: tuple[str, ...]
    rows: Iterator[SourceRow]
    length: int = 0


def format_of(path: Path) -> FileFormat:
    """How a file is written, by its first bytes.

    Raises:
        InvalidInput: it is a picture, a program, or nothing.
    """
    with path.open("rb") as file:
        head = file.read(4)
    if head == PARQUET_MAGIC:
        return FileFormat.PARQUET
    if head == ZIP_MAGIC:
        return FileFormat.XLSX
    if head == b"\xd0\xcf\x11\xe0":
        raise InvalidInput("the file is an old .xls workbook", field="file", remedy="save it as .xlsx or CSV")
    return FileFormat.CSV


def open_table(path: Path, layout: Layout | None = None) -> Table:
    """Open a file and read its header.

    Raises:
        InvalidInput: it cannot be read, or has no header.
        ConfigurationError: XLSX without the extra `files`.
    """
    layout = layout or Layout()
    kind = format_of(path)
    reader = {FileFormat.CSV: _open_csv, FileFormat.XLSX: _open_xlsx, FileFormat.PARQUET: _open_parquet}[kind]
    return reader(path, layout)


def count_rows(path: Path, layout: Layout | None = None) -> int:
    """Rows of a file below its header: exact for XLSX and Parquet, lines of text for CSV (for a progress bar)."""
    if format_of(path) is not FileFormat.CSV:
        return open_table(path, layout).length
    lines = 0
    with _bytes_of(path) as file:
        while chunk := file.read(1 << 20):
            lines += chunk.count(b"\n")
    return max(0, lines - ((layout or Layout()).header_line))


# -- CSV -------------------------------------------------------------------------------------------------------------


def _open_csv(path: Path, layout: Layout) -> Table:
    with _bytes_of(path) as file:
        head = file.read(LOOK)
    if b"\x00" in head:
        raise InvalidInput("the file is no table", field="file", remedy="send CSV, XLSX or Parquet")
    encoding = layout.encoding or _encoding(head)
    try:
        text = io.TextIOWrapper(_bytes_of(path), encoding=encoding, newline="")
    except LookupError as error:
        raise InvalidInput(f"there is no encoding {encoding!r}", field="encoding", remedy="leave it empty") from error
    try:
        return _csv_table(text, layout)
    except BaseException:
        text.close()
        raise


def _csv_table(text: IO[str], layout: Layout) -> Table:
    lines = _lines(text)
    for number, line in enumerate(lines, start=1):
        if number >= layout.header_line and line.strip():
            delimiter = layout.delimiter or max(DELIMITERS, key=line.count)
            header = _named(next(csv.reader([line], delimiter=delimiter)))
            return Table(FileFormat.CSV, header, _csv_rows(lines, header, number, delimiter))
    raise _no_header()


def _bytes_of(path: Path) -> IO[bytes]:
    with path.open("rb") as file:
        zipped = file.read(2) == GZIP_MAGIC
    return cast("IO[bytes]", gzip.open(path, "rb") if zipped else path.open("rb"))


def _encoding(head: bytes) -> str:
    for name in ENCODINGS:
        try:
            head.decode(name)
        except UnicodeDecodeError as error:
            if error.start >= len(head) - 4:  # cut inside a character
                return name
        else:
            return name
    raise InvalidInput("the text is neither UTF-8 nor GB 18030", field="encoding", remedy="save the file as UTF-8")


def _lines(text: IO[str]) -> Iterator[str]:
    try:
        yield from text
    except UnicodeDecodeError as error:
        raise InvalidInput(
            f"the text is not {error.encoding}", field="encoding", remedy="name the encoding, or save it as UTF-8"
        ) from error
    except (OSError, EOFError) as error:
        raise InvalidInput(f"the file breaks off: {error}", field="file", remedy="fetch the file again") from error
    finally:
        text.close()


def _no_header() -> InvalidInput:
    return InvalidInput("the file has no header", field="file", remedy="one line must name the columns")


def _named(cells: Sequence[str]) -> tuple[str, ...]:
    names = [str(cell).removeprefix("\ufeff").strip() for cell in cells]
    while names and not names[-1]:
        names.pop()
    if not any(names):
        raise _no_header()
    twice = next((name for name in names if name and names.count(name) > 1), None)
    if twice is not None:
        raise InvalidInput(f"two columns are named {twice!r}", field="file", remedy="give each column its own name")
    return tuple(name or f"({place})" for place, name in enumerate(names, start=1))


def _csv_rows(lines: Iterator[str], header: tuple[str, ...], at: int, delimiter: str) -> Iterator[SourceRow]:
    reader = csv.reader(lines, delimiter=delimiter)
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield _row(at + reader.line_num, header, cells)
    except csv.Error as error:
        raise InvalidInput(f"line {at + reader.line_num}: {error}", field="file", remedy="mend the line") from error


def _row(line: int, header: tuple[str, ...], cells: Sequence[str]) -> SourceRow:
    beyond = tuple(cell for cell in cells[len(header) :] if cell.strip())
    return SourceRow(line, dict(zip(header, cells, strict=False)), beyond, len(cells) < len(header))


# -- XLSX ------------------------------------------------------------------------------------------------------------


def _open_xlsx(path: Path, layout: Layout) -> Table:
    try:
        from openpyxl import load_workbook
    except ImportError as error:
        raise ConfigurationError(
            "XLSX files need the extra `files`", field="xlsx", remedy="pip install 'qingtian[files]', or save it as CSV"
        ) from error
    try:
        book = load_workbook(io.BytesIO(path.read_bytes()), read_only=True, data_only=True)  # by content, not by name
    except Exception as error:  # openpyxl lets many kinds through
        raise InvalidInput(f"the workbook cannot be read: {error}", field="file", remedy="save it again") from error
    if layout.sheet and layout.sheet not in book.sheetnames:
        raise InvalidInput(
            f"there is no sheet {layout.sheet!r}", field="sheet", remedy=f"one of {', '.join(book.sheetnames)}"
        )
    sheet = book[layout.sheet] if layout.sheet else book.worksheets[0]
    lines = enumerate(sheet.iter_rows(values_only=True), start=1)
    for number, cells in lines:
        if number >= layout.header_line and any(cell not in (None, "") for cell in cells):
            header = _named([_text(cell) for cell in cells])
            rows = _plain_rows(book, lines, header)
            return Table(FileFormat.XLSX, header, rows, max(0, (sheet.max_row or 0) - number))
    raise InvalidInput("the sheet has no header", field="sheet", remedy="name the sheet and the line of its header")


def _plain_rows(book: Any, lines: Iterator[tuple[int, Sequence[Any]]], header: tuple[str, ...]) -> Iterator[SourceRow]:
    try:
        for number, cells in lines:
            texts = [_text(cell) for cell in cells]
            if any(texts):
                texts += [""] * (len(header) - len(texts))
                yield _row(number, header, texts)
    finally:
        book.close()


def _text(cell: Any) -> str:
    """A cell as text: times in ISO form, numbers without what binary floats add."""
    if cell is None:
        return ""
    if isinstance(cell, float):
        whole = cell.is_integer() and abs(cell) < MOST_EXACT
        return "" if math.isnan(cell) else str(int(cell)) if whole else repr(cell)
    if isinstance(cell, date | datetime):
        return cell.isoformat(sep=" ") if isinstance(cell, datetime) else cell.isoformat()
    return format(cell, "f") if isinstance(cell, Decimal) else str(cell)[:LONGEST_CELL].strip()


# -- Parquet ---------------------------------------------------------------------------------------------------------


def _open_parquet(path: Path, _layout: Layout) -> Table:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise InvalidInput(
            f"the Parquet file cannot be read: {error}", field="file", remedy="write it again"
        ) from error
    header = _named(file.schema_arrow.names)
    return Table(FileFormat.PARQUET, header, _parquet_rows(file, header), int(file.metadata.num_rows))


def _parquet_rows(file: Any, header: tuple[str, ...]) -> Iterator[SourceRow]:
    number = 0
    for batch in file.iter_batches(batch_size=PARQUET_BATCH):
        columns = [[_text(cell) for cell in column.to_pylist()] for column in batch.columns]
        for cells in zip(*columns, strict=True):
            number += 1
            yield SourceRow(number, dict(zip(header, cells, strict=True)))
