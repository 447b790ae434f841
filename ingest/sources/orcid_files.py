"""Files of ORCID records: JSON or XML, a folder of them, or the archives of the public data file.

Read one record at a time, so that a file of millions of records needs the memory of one.
"""

import tarfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from ingest.sources.files import kind_of, read_bytes, refusal, unpacked
from ingest.sources.json_files import read_json_records
from ingest.sources.orcid import read_orcid_record
from ingest.sources.orcid_xml import MAX_RECORD_BYTES, record_of_xml
from ingest.sources.records import Notes
from registry.errors import ImportRefusedError, Problem
from registry.experts.schemas import PersonDraft

__all__ = ["Refused", "read_orcid_file"]

_ARCHIVES: Final = (".tar.gz", ".tgz", ".tar")
_RECORDS: Final = (".xml", ".json", ".jsonl", ".xml.gz", ".json.gz", ".jsonl.gz")


@dataclass(frozen=True)
class Refused:
    """A record that was refused as a whole, where it stands, and why."""

    where: str
    problems: tuple[Problem, ...]


def read_orcid_file(
    path: Path, retrieved_at: datetime, notes: Notes
) -> Iterator[PersonDraft | Refused]:
    """Each record of a file, folder or archive; a damaged one does not stop the others.

    Args:
        path: A file of JSON or XML, a folder of such files with its folders, or a tar archive of
            XML files, packed by gzip or not.
        retrieved_at: When the records were fetched; aware, in UTC.

    Raises:
        ImportRefusedError: The archive is damaged or cannot be read: what came before is whole.
    """
    if path.is_dir():
        for file in _files(path, notes):
            yield from _of_file(file, str(file.relative_to(path)), retrieved_at, notes)
    elif path.name.lower().endswith(_ARCHIVES):
        yield from _of_archive(path, retrieved_at, notes)
    else:
        yield from _of_file(path, path.name, retrieved_at, notes)


def _files(folder: Path, notes: Notes) -> Iterator[Path]:
    """Files of records in the order of their names, one folder after the other."""
    for path in sorted(folder.iterdir()):
        if path.is_symlink():
            notes.count("links passed over")
        elif path.is_dir():
            yield from _files(path, notes)
        elif path.name.lower().endswith(_RECORDS):
            yield path
        else:
            notes.count("files of another kind passed over")


def _of_file(
    path: Path, where: str, retrieved_at: datetime, notes: Notes
) -> Iterator[PersonDraft | Refused]:
    try:
        content = read_bytes(path)
        if kind_of(content) == "gzip":
            content = unpacked(path.name, content)
        if content.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<"):
            found = [(where, record_of_xml(content, where))]
        else:
            found = [
                (f"{where} {record.where}".strip(), record.value)
                for record in read_json_records(path)
            ]
    except ImportRefusedError as exc:
        yield Refused(where, exc.problems)
        return
    for place, raw in found:
        yield _read(raw, place, retrieved_at, notes)


def _read(
    raw: dict[str, Any], where: str, retrieved_at: datetime, notes: Notes
) -> PersonDraft | Refused:
    try:
        return read_orcid_record(raw, retrieved_at, notes, where)
    except ImportRefusedError as exc:
        return Refused(where, exc.problems)


def _of_archive(
    path: Path, retrieved_at: datetime, notes: Notes
) -> Iterator[PersonDraft | Refused]:
    try:
        with tarfile.open(path, "r|*") as archive:
            while (member := archive.next()) is not None:
                # The archive remembers each member that it has passed, some millions of them.
                archive.members.clear()  # type: ignore[attr-defined]
                if not member.isfile() or not member.name.lower().endswith(".xml"):
                    notes.count("parts of another kind passed over", not member.isdir())
                    continue
                if member.size > MAX_RECORD_BYTES:
                    found = f"{member.size} bytes"
                    problem = Problem(member.name, found, f"at most {MAX_RECORD_BYTES}")
                    yield Refused(member.name, (problem,))
                    continue
                file = archive.extractfile(member)
                content = file.read() if file else b""
                yield _of_xml(content, member.name, retrieved_at, notes)
    except (tarfile.TarError, EOFError, OSError, zlib.error) as exc:
        problem = Problem("the file", "a damaged or unreadable archive", "a whole tar archive")
        raise refusal(path.name, [problem]) from exc


def _of_xml(
    content: bytes, where: str, retrieved_at: datetime, notes: Notes
) -> PersonDraft | Refused:
    try:
        raw = record_of_xml(content, where)
    except ImportRefusedError as exc:
        return Refused(where, exc.problems)
    return _read(raw, where, retrieved_at, notes)
