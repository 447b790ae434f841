"""Any file that a body keeps a list in, as sheets: XLSX, XLS, ODS or CSV."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Final
from zipfile import ZipFile

from ingest.sources.csv_sheets import read_csv
from ingest.sources.files import kind_of, read_bytes, refusal
from ingest.sources.ods import is_encrypted, read_ods
from ingest.sources.sheet_xml import DAMAGE, DocumentTypeError
from ingest.sources.sheets import Workbook
from ingest.sources.table_rows import EXPECTED
from ingest.sources.xls import read_xls
from ingest.sources.xlsx import MAIN_PART, read_xlsx
from registry.errors import Problem

__all__ = ["read_workbook"]

_MAX_UNPACKED: Final = 256 * 1024 * 1024
_WRONG_KINDS: Final = {
    "markup": "a web page or XML, whatever the file is called; open it in a spreadsheet program "
    "and save it as .xlsx",
    "pdf": "a PDF",
    "gzip": "a packed file; unpack it first",
    "binary": "a binary file",
}
_ODS: Final = b"application/vnd.oasis.opendocument.spreadsheet"


def read_workbook(path: Path, headings_in: Callable[[list[str]], int]) -> Workbook:
    """The sheets of a file, whatever its name says that it is.

    Nothing in it is run or computed, and nothing outside is asked for.

    Args:
        headings_in: How many cells of a row are headings; it tells the delimiter of CSV.

    Raises:
        ImportRefusedError: Another kind of file, a damaged, encrypted or hostile one, or one that
            is larger than a list of people.
    """
    content = read_bytes(path)
    kind = kind_of(content)
    if kind == "text" and content.lstrip().upper().startswith(b"MIME-VERSION:"):
        kind = "markup"
    if kind == "zip":
        return _package(path.name, content)
    if kind == "ole":
        return read_xls(path.name, content)
    if kind in {"text", "utf-16"}:
        return read_csv(path.name, content, headings_in)
    raise refusal(path.name, [Problem("the file", _WRONG_KINDS[kind], EXPECTED)])


def _package(name: str, content: bytes) -> Workbook:
    try:
        with ZipFile(io.BytesIO(content)) as archive:
            return _read(name, archive)
    except DocumentTypeError as exc:
        raise refusal(name, [Problem(str(exc)[:60], "a document type", EXPECTED)]) from exc
    except DAMAGE as exc:
        problem = Problem("the file", "a damaged workbook or archive", EXPECTED)
        raise refusal(name, [problem]) from exc


def _read(name: str, archive: ZipFile) -> Workbook:
    entries = archive.infolist()
    names = {entry.filename for entry in entries}
    if sum(entry.file_size for entry in entries) > _MAX_UNPACKED:
        found = "more than 256 MB once unpacked"
        raise refusal(name, [Problem("the file", found, "a smaller workbook, without pictures")])
    is_locked = any(entry.flag_bits & 1 for entry in entries)
    if is_locked or ("content.xml" in names and is_encrypted(archive)):
        expected = "a workbook saved without a password"
        raise refusal(name, [Problem("the file", "a workbook with a password", expected)])
    if MAIN_PART in names:
        return read_xlsx(name, archive)
    if "content.xml" in names and archive.read("mimetype")[:60].startswith(_ODS):
        return read_ods(name, archive)
    found = "an archive or another office document"
    if "xl/workbook.bin" in names:
        found = "a binary workbook (.xlsb)"
    raise refusal(name, [Problem("the file", found, EXPECTED)])
