"""Rows of cells as CSV, JSON or XLSX, both ways: what Excel and people make of such files is known here alone.

A row maps a header to a text, or in JSON to any plain value; what the cells mean is import_rows.py's.
"""

import csv
import io
import json
import re
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time
from importlib.util import find_spec
from typing import Any

from registry.domain.errors import InvalidInput
from registry.domain.values import dataclass
from registry.services.lists.spool import Spool

Row = Mapping[str, Any]
MAX_CELL_CHARS = 1_000_000
MOST_UNPACKED = 500_000_000
"""Bytes of all that an Excel file packs."""
NEED_EXCEL = "This needs two libraries more. Install them: pip install 'tech-registry[excel]'"
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠", "'")
"""A spreadsheet may run a CSV cell that begins so, in full width too; an apostrophe before it keeps it text, and is
taken off again when the file is read."""
_OPENED, _GOES_ON, _CLOSED = (re.compile(rf"[ \t\n\r]*{sign}[ \t\n\r]*") for sign in (r"\[", ",", r"\]"))
"""A JSON list before, between and behind what stands in it."""
_SAME_DAY = datetime(2000, 1, 1)  # noqa: DTZ001 - what the library wants
"""In the file's own properties, so that the same rows give the same bytes."""


@dataclass(frozen=True)
class Sheet:
    """A list's rows, in their order; a long one is unpacked anew each time that somebody goes through it."""

    columns: frozenset[str]
    count: int
    rows: Callable[[], Iterator[Row]]

    @classmethod
    def of(cls, rows: Iterable[Row]) -> "Sheet":
        """Packed, so that neither the file nor all of its rows are held while they are gone through."""
        columns: set[str] = set()
        packed: Spool[Row] = Spool()
        for row in rows:
            columns.update(row)
            packed.add(row)
        return cls(frozenset(columns), len(packed), lambda: iter(packed))

    def __len__(self) -> int:
        return self.count

    def __iter__(self) -> Iterator[Row]:
        return self.rows()


@dataclass(frozen=True)
class Format:
    read: Callable[[bytes], Sheet]
    write: Callable[[Sequence[str], Sequence[Row]], bytes]


def read_csv(body: bytes) -> Sheet:
    """The rows under the header; a byte-order mark, `;` or tab as delimiter and Windows line ends are taken."""
    csv.field_size_limit(MAX_CELL_CHARS)
    encoding, errors = _encoding(body)

    def opened() -> io.TextIOWrapper:
        return io.TextIOWrapper(io.BytesIO(body), encoding, errors, newline="")

    delimiter = _delimiter(next((line for line in opened() if line.strip()), "").rstrip("\r\n"))
    try:
        return _under_header(csv.reader(opened(), delimiter=delimiter, strict=True), unguard=True)
    except csv.Error as error:
        raise InvalidInput(
            f"This is no CSV file that can be read ({error}). Save it again as CSV."
        ) from error


def write_csv(columns: Sequence[str], rows: Sequence[Row]) -> bytes:
    """UTF-8 with a byte-order mark, so that Excel reads accents; a list parted by `;`, conditions as JSON."""
    sheet = io.StringIO(newline="")
    writer = csv.writer(sheet)
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_guarded(as_cell(row.get(column))) for column in columns])
    return sheet.getvalue().encode("utf-8-sig")


def read_json(body: bytes) -> Sheet:
    """A list of objects, read one by one, or an object that holds one under `rows`."""
    try:
        text = body.decode("utf-8-sig")
        del body
        sheet = _listed(text)
        data = json.loads(text) if sheet is None else None
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"This is no JSON file that can be read ({error}).") from error
    if sheet is not None:
        return sheet
    rows = data.get("rows") if isinstance(data, dict) else data
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise InvalidInput("The JSON file must hold a list of objects, one for each row.")
    return Sheet.of(rows)


def _listed(text: str) -> Sheet | None:
    """None for anything but a well-formed list of one object or more."""
    try:
        return Sheet.of(_objects(text))
    except (ValueError, RecursionError):
        return None


def _objects(text: str) -> Iterator[Row]:
    """The objects of a JSON list, each read when it is asked for. Raises ValueError for any other text."""
    decode, sign, at = json.JSONDecoder().raw_decode, _OPENED.match(text), 0
    while sign:
        row, at = decode(text, sign.end())
        if not isinstance(row, dict):
            raise ValueError("this is no object")
        yield row
        sign = _GOES_ON.match(text, at)
    if at == 0 or not _CLOSED.fullmatch(text, at):
        raise ValueError("this is no list of objects")


def write_json(columns: Sequence[str], rows: Sequence[Row]) -> bytes:
    told = [{column: row.get(column) for column in columns} for row in rows]
    return (json.dumps(told, indent=1, ensure_ascii=False) + "\n").encode()


def read_xlsx(body: bytes) -> Sheet:
    """The first sheet. Raises InvalidInput, also where the library for it is missing."""
    try:
        from python_calamine import CalamineError, CalamineWorkbook
    except ImportError as error:
        raise InvalidInput(NEED_EXCEL) from error
    _refuse_bomb(body)
    try:
        cells = CalamineWorkbook.from_filelike(io.BytesIO(body)).get_sheet_by_index(0)
    except (CalamineError, IndexError, OSError) as error:
        raise InvalidInput(f"This is no Excel file that can be read ({error}).") from error
    return _under_header(([_from_excel(cell) for cell in line] for line in cells.iter_rows()), unguard=False)


def _refuse_bomb(body: bytes) -> None:
    """An Excel file is a zip archive; a small one can unpack to more than a machine holds. Raises InvalidInput."""
    if not zipfile.is_zipfile(io.BytesIO(body)):
        return  # an older format, which is not packed
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as packed:
            if sum(each.file_size for each in packed.infolist()) > MOST_UNPACKED:
                raise InvalidInput(
                    f"This Excel file unpacks to more than {MOST_UNPACKED // 10**6} MB. Divide it, or save it as CSV."
                )
            broken = packed.testzip()  # also finds what is larger than it says
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError) as error:
        raise InvalidInput(f"This is no Excel file that can be read ({error}).") from error
    if broken is not None:
        raise InvalidInput(f"This is no Excel file that can be read ({broken} is broken).")


def write_xlsx(columns: Sequence[str], rows: Sequence[Row]) -> bytes:
    """One sheet, every cell a text."""
    return workbook("registry", columns, ([as_cell(row.get(column)) for column in columns] for row in rows))


def can_write_xlsx() -> bool:
    """Whether the library for it is there."""
    return find_spec("xlsxwriter") is not None


def workbook(name: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """One sheet of this name: whole numbers are numbers, all else is text, so that nothing in it is a formula.

    The rows are not held. Raises InvalidInput for what does not go into a cell, and where the library is missing.
    """
    try:
        import xlsxwriter
    except ImportError as error:
        raise InvalidInput(NEED_EXCEL) from error
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"constant_memory": True})
    book.set_properties({"created": _SAME_DAY})
    sheet = book.add_worksheet(name)
    sheet.freeze_panes(1, 1)
    bold = book.add_format({"bold": True})
    for place, column in enumerate(columns):
        sheet.write_string(0, place, column, bold)
    for line, row in enumerate(rows, start=1):
        for place, value in enumerate(row):
            if value is None or value == "":
                continue
            is_number = isinstance(value, int) and not isinstance(value, bool)
            write = sheet.write_number if is_number else sheet.write_string
            if write(line, place, value if is_number else str(value)) != 0:
                raise InvalidInput(
                    f"Row {line}, {columns[place]}: too long for an Excel file. Take it as CSV or JSON."
                )
    book.close()
    return file.getvalue()


FORMATS: dict[str, Format] = {
    "csv": Format(read_csv, write_csv),
    "json": Format(read_json, write_json),
    "xlsx": Format(read_xlsx, write_xlsx),
}


def format_of(name: str) -> Format:
    """The format that a file's ending names. Raises InvalidInput."""
    ending = name.rpartition(".")[2].lower()
    if ending not in FORMATS:
        raise InvalidInput(f"“{name}” has none of the endings {', '.join(f'.{each}' for each in FORMATS)}.")
    return FORMATS[ending]


def as_cell(value: object) -> str:
    """A value as the text of one cell: plain lists parted by `;`, anything that this would blur as JSON."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(each, str | int) for each in value):
        texts = [str(each) for each in value]
        if not any(";" in each or each != each.strip() or not each or each[0] in "[{" for each in texts):
            return "; ".join(texts)
    return json.dumps(value, ensure_ascii=False)


def _encoding(body: bytes) -> tuple[str, str]:
    """How it is written, and what is to be done about bytes that are not."""
    if body.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16", "replace"
    try:
        body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return "cp1252", "replace"  # what Excel calls CSV in the west
    return "utf-8-sig", "strict"


def _delimiter(head: str) -> str:
    if head.lower().startswith("sep=") and len(head) > 4:
        return head[4]
    return max(",;\t", key=lambda each: len(next(csv.reader([head], delimiter=each), [])))


def _under_header(lines: Iterable[Sequence[Any]], *, unguard: bool) -> Sheet:
    """Each line as header to cell; empty lines are left out. Raises InvalidInput for a header named twice."""
    filled = (line for line in lines if any(str(cell).strip() for cell in line))
    first = next(filled, ())
    if first and str(first[0]).lower().startswith("sep="):
        first = next(filled, ())
    header = [str(cell).strip() for cell in first]
    if not header:
        raise InvalidInput("The file is empty. Its first row must name the columns.")
    twice = {name for name in header if name and header.count(name) > 1}
    if twice:
        raise InvalidInput(f"The column {sorted(twice)[0]} stands there twice. Rename one of them.")

    def rows() -> Iterator[Row]:
        for count, line in enumerate(filled, start=1):
            if any(str(cell).strip() for cell in line[len(header) :]):
                raise InvalidInput(
                    f"Row {count} has more cells than the header. Put quotes around its texts."
                )
            cells = [_unguarded(cell) for cell in line] if unguard else line
            yield {name: cell for name, cell in zip(header, cells, strict=False) if name}

    return replace(Sheet.of(rows()), columns=frozenset(filter(None, header)))


def _guarded(text: str) -> str:
    return "'" + text if text.startswith(_FORMULA) else text


def _unguarded(cell: Any) -> Any:
    return cell[1:] if isinstance(cell, str) and cell[:1] == "'" and cell[1:2] in _FORMULA else cell


def _from_excel(cell: object) -> object:
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    return str(cell)
