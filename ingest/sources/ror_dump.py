"""The dump of ROR: one JSON list of all organisations, read one at a time."""

import io
import json
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TextIO

from ingest.sources.files import refusal, shorten
from ingest.sources.records import Notes
from ingest.sources.ror import Organisation, read_organisation
from registry.errors import ImportRefusedError, Problem

__all__ = ["RefusedOrganisation", "read_ror_dump"]

_CHUNK: Final = 1 << 16
# The largest record of ROR has some hundred relationships, in a hundredth of this.
_LARGEST_RECORD: Final = 8 * 1024 * 1024


@dataclass(frozen=True)
class RefusedOrganisation:
    """A record that was refused as a whole, where it stands in the list, and why."""

    where: str
    problems: tuple[Problem, ...]


def read_ror_dump(path: Path, notes: Notes) -> Iterator[Organisation | RefusedOrganisation]:
    """Each organisation of a dump; a record of another form does not stop the others.

    Args:
        path: The archive from Zenodo, or its file of JSON.

    Raises:
        ImportRefusedError: The file is damaged or no list: what came before it is whole.
    """
    with ExitStack() as stack:
        try:
            file = _opened(path, stack)
        except (OSError, zipfile.BadZipFile, NotImplementedError, RuntimeError) as exc:
            problem = Problem("the file", "unreadable or damaged", "a dump of ROR")
            raise refusal(path.name, [problem]) from exc
        for number, value in enumerate(_items(path.name, file)):
            where = f"[{number}]"
            if not isinstance(value, dict):
                yield RefusedOrganisation(where, (Problem(where, shorten(value), "an object"),))
                continue
            try:
                yield read_organisation(value, notes, where)
            except ImportRefusedError as exc:
                yield RefusedOrganisation(where, exc.problems)


def _opened(path: Path, stack: ExitStack) -> TextIO:
    if not zipfile.is_zipfile(path):
        return stack.enter_context(path.open(encoding="utf-8-sig"))
    archive = stack.enter_context(zipfile.ZipFile(path))
    names = [name for name in archive.namelist() if name.lower().endswith(".json")]
    # Dumps of some years hold the records of two schemas.
    names = [name for name in names if "v2" in Path(name).stem.lower()] or names
    if len(names) != 1:
        found = f"{len(names)} files of JSON"
        raise refusal(path.name, [Problem("the archive", found, "one file of JSON")])
    return io.TextIOWrapper(stack.enter_context(archive.open(names[0])), encoding="utf-8-sig")


def _items(name: str, file: TextIO) -> Iterator[Any]:
    """The values of a JSON list, each decoded when its turn comes."""
    decoder = json.JSONDecoder()
    buffer, is_open, is_first = _more(name, file, ""), False, True
    while True:
        buffer = buffer.lstrip(" \t\r\n")
        if not buffer:
            if not (buffer := _more(name, file, "")):
                raise _damaged(name, "the end", "the end of the list")
            continue
        if not is_open:
            if buffer[0] != "[":
                raise _damaged(name, shorten(buffer[:30]), "a list of organisations")
            is_open, buffer = True, buffer[1:]
        elif buffer[0] == "]":
            return
        elif not is_first and buffer[0] != ",":
            raise _damaged(name, shorten(buffer[:30]), "a comma or the end of the list")
        else:
            # A comma in front stays in the buffer until the whole value behind it is there.
            skipped = "" if is_first else ","
            value, buffer = _value(name, file, buffer.removeprefix(skipped), decoder)
            is_first = False
            yield value


def _value(name: str, file: TextIO, buffer: str, decoder: json.JSONDecoder) -> tuple[Any, str]:
    while True:
        buffer = buffer.lstrip(" \t\r\n")
        try:
            value, end = decoder.raw_decode(buffer)
        except RecursionError as exc:
            raise _damaged(name, "lists nested without end", "flat records") from exc
        except ValueError as exc:
            if len(buffer) > _LARGEST_RECORD:
                raise _damaged(name, "a record without end", "valid JSON") from exc
            more = _more(name, file, buffer)
            if len(more) == len(buffer):
                raise _damaged(name, shorten(buffer[:30]), "valid JSON") from exc
            buffer = more
            continue
        # A number at the end of a chunk may go on in the next one.
        if end == len(buffer) and len(more := _more(name, file, buffer)) > end:
            buffer = more
            continue
        return value, buffer[end:]


def _more(name: str, file: TextIO, buffer: str) -> str:
    try:
        return buffer + file.read(_CHUNK)
    except UnicodeDecodeError as exc:
        raise _damaged(name, "no UTF-8", "text in UTF-8") from exc
    except (OSError, EOFError, zipfile.BadZipFile, zlib.error) as exc:
        raise _damaged(name, "a damaged archive", "a whole archive") from exc


def _damaged(name: str, found: str, expected: str) -> ImportRefusedError:
    return refusal(name, [Problem("the file", found, expected)])
