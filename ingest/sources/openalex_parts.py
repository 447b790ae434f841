"""The files of an OpenAlex snapshot, and their lines, whatever their size or damage."""

import gzip
import io
import json
import re
import zlib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from ingest.sources.files import kind_of, refusal, shorten
from registry.errors import Problem

__all__ = ["Line", "Part", "lines_of", "open_packed", "parts_of", "unlisted"]

# Of the published folder, of a copy of it, and of the part that holds authors alone.
_PLACES: Final = ("", "authors", "data/authors", "data/jsonl/authors", "jsonl/authors")
_PARTITION: Final = re.compile(r"updated_date=(\d{4}-\d{2}-\d{2})")
_PART: Final = re.compile(r".*part.*(?:\.gz|\.jsonl?|_\d+)", re.IGNORECASE)
# More than a hundred times the largest author of the samples.
_LONGEST_LINE: Final = 4 * 1024 * 1024
_READ_AHEAD: Final = 1024 * 1024


@dataclass(frozen=True)
class Part:
    """A file of the snapshot.

    Args:
        name: Below the folder of authors, with slashes.
        size: Bytes.
    """

    path: Path
    name: str
    size: int


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a file, counted from 1; `content` is None where `damage` says what is there."""

    part: Part
    number: int
    content: bytes | None
    damage: str = ""

    @property
    def where(self) -> str:
        return f"{self.part.name}, line {self.number}"


def parts_of(folder: Path) -> tuple[Path, list[Part]]:
    """The folder of authors, and its files: newest first, then by name.

    Raises:
        ImportRefusedError: There are none.
    """
    for place in _PLACES:
        authors = folder / place
        dated = [
            (match[1], path)
            for partition in sorted(authors.glob("updated_date=*"))
            if (match := _PARTITION.fullmatch(partition.name))
            for path in sorted(partition.iterdir())
            if path.is_file() and _PART.fullmatch(path.name)
        ]
        if dated:
            dated.sort(key=lambda one: one[0], reverse=True)
            return authors, [
                Part(path, path.relative_to(authors).as_posix(), path.stat().st_size)
                for _, path in dated
            ]
    expected = "authors/updated_date=…/part_….gz, as the service publishes its snapshot"
    raise refusal(folder.name, [Problem("the folder", "no files of authors", expected)])


def unlisted(authors: Path, parts: Sequence[Part]) -> list[str]:
    """What the service's own list of its files says against these; in sentences."""
    path = authors / "manifest"
    if not path.is_file():
        return ["there is no manifest: whether all files of the snapshot are here is not known"]
    try:
        listed = {
            entry["url"].split("/authors/")[-1]: int(entry["meta"]["content_length"])
            for entry in json.loads(path.read_bytes())["entries"]
        }
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OSError):
        return ["the manifest has another form than documented, and was not compared"]
    sizes = {part.name: part.size for part in parts}
    missing = listed.keys() - sizes.keys()
    wrong = [name for name in listed.keys() & sizes.keys() if listed[name] != sizes[name]]
    extra = sizes.keys() - listed.keys()
    found = (
        ("files of the manifest that are missing here", missing),
        ("files of another size than in the manifest", wrong),
        ("files that the manifest does not list, perhaps of an older snapshot", extra),
    )
    return [f"{text}: {len(names)}" for text, names in found if names]


def lines_of(part: Part) -> Iterator[Line]:
    """The lines of a file, empty ones left out.

    A file that cannot be read on ends with a line that says so; one that is too long to be a
    record is passed over, and never held whole.
    """
    number = 0
    try:
        with ExitStack() as stack:
            file = open_packed(part.path, stack)
            while content := file.readline(_LONGEST_LINE):
                number += 1
                if len(content) == _LONGEST_LINE and not content.endswith(b"\n"):
                    while content and not content.endswith(b"\n"):
                        content = file.readline(_READ_AHEAD)
                    yield Line(part, number, None, "more than 4 MB")
                elif not content.isspace():
                    yield Line(part, number, content)
    except EOFError:
        yield Line(part, number + 1, None, "the end of a file that was cut off")
    except (OSError, zlib.error) as exc:
        reason = shorten(exc.strerror if isinstance(exc, OSError) and exc.strerror else exc)
        yield Line(part, number + 1, None, f"a file that cannot be read on ({reason[1:-1]})")


def open_packed(path: Path, stack: ExitStack) -> IO[bytes]:
    """A file for reading, unpacked while it is read when it is gzip."""
    plain = stack.enter_context(path.open("rb"))
    first = plain.read(4)
    plain.seek(0)
    if kind_of(first) != "gzip":
        return plain
    unpacked = stack.enter_context(gzip.GzipFile(fileobj=plain))
    return stack.enter_context(io.BufferedReader(unpacked, _READ_AHEAD))
