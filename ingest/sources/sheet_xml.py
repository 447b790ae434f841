"""Parts of XLSX and ODS packages, read as a stream that no document type may be in."""

import zlib
from collections.abc import Callable
from typing import Final
from xml.parsers import expat
from zipfile import BadZipFile, ZipFile

__all__ = ["DAMAGE", "Attributes", "DocumentTypeError", "LocalNames", "parse_part"]

Attributes = dict[str, str]
# What zipfile, its decompressors and the parser may raise on damaged packages; RuntimeError covers
# unknown compression and encrypted entries.
DAMAGE: Final = (
    *(BadZipFile, expat.ExpatError, zlib.error, EOFError, OSError, RuntimeError, LookupError),
    *(ValueError, NotImplementedError, OverflowError, MemoryError),
)
_PIECE: Final = 1 << 18


class DocumentTypeError(Exception):
    """A part declares a document type: entities in it can grow without end or name files."""


class LocalNames(dict[str, str]):
    """Names without their prefix, each worked out once."""

    def __missing__(self, name: str) -> str:
        local = self[name] = name.rpartition(":")[2]
        return local


def parse_part(
    archive: ZipFile,
    name: str,
    start: Callable[[str, Attributes], None],
    end: Callable[[str], None],
    text: Callable[[str], None] | None = None,
) -> None:
    """Read one XML part piece by piece.

    The formats know no document types (ECMA-376 part 2, 9.1.1.2); one is refused before any
    entity of it is used.

    Raises:
        DocumentTypeError: The part has one.
        KeyError: There is no such part.
        expat.ExpatError, or another of `DAMAGE`: It is damaged.
    """
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    if text is not None:
        parser.CharacterDataHandler = text

    def refuse(*_: object) -> None:
        raise DocumentTypeError(name)

    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    with archive.open(name) as file:
        while piece := file.read(_PIECE):
            parser.Parse(piece, False)
    parser.Parse(b"", True)
