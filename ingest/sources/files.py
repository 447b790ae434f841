"""The bytes of a file that is to be imported: what they are, and refusing them."""

import gzip
import io
import re
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from registry.errors import ImportRefusedError, Problem

__all__ = ["kind_of", "read_bytes", "refusal", "shorten", "unpacked"]

MAX_BYTES: Final = 512 * 1024 * 1024
MAX_PROBLEMS: Final = 50

_KINDS: Final[Sequence[tuple[bytes, str]]] = (
    (b"PK\x03\x04", "zip"),
    (b"\x1f\x8b", "gzip"),
    (b"\xd0\xcf\x11\xe0", "ole"),
    (b"%PDF", "pdf"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_MARKUP: Final = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*<(?:!doctype|html|head|body|table|meta|style|\?xml|!--)", re.IGNORECASE
)


def shorten(value: object, limit: int = 60) -> str:
    """A value as one short line, for a message."""
    text = " ".join(str(value).split())
    return f'"{text[: limit - 1]}…"' if len(text) > limit else f'"{text}"'


def refusal(name: str, problems: Sequence[Problem]) -> ImportRefusedError:
    """The error that refuses a file; it lists the first 50 problems and says how many more."""
    count = len(problems)
    message = f"{name} was refused and nothing of it was imported: "
    message += "one problem" if count == 1 else f"{count} problems"
    if count > MAX_PROBLEMS:
        message += f"; the first {MAX_PROBLEMS} are listed, and {count - MAX_PROBLEMS} more"
    return ImportRefusedError(message, list(problems[:MAX_PROBLEMS]))


def read_bytes(path: Path) -> bytes:
    """The content of a file.

    Raises:
        ImportRefusedError: It cannot be read, is empty, or is larger than 512 MB.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise refusal(
                path.name,
                [Problem("the file", "more than 512 MB", "a smaller file; split it")],
            )
        content = path.read_bytes()
    except OSError as exc:
        reason = exc.strerror or "an error"
        raise refusal(path.name, [Problem("the file", reason, "a readable file")]) from exc
    if not content.strip():
        raise refusal(path.name, [Problem("the file", "nothing", "at least one record")])
    return content


def kind_of(content: bytes) -> str:
    """zip, gzip, ole (old .xls or encrypted .xlsx), pdf, markup, utf-16, binary or text."""
    for magic, kind in _KINDS:
        if content.startswith(magic):
            return kind
    if _MARKUP.match(content[:200]):
        return "markup"
    return "binary" if b"\x00" in content[:4096] else "text"


def unpacked(name: str, content: bytes) -> bytes:
    """The content of a gzip file.

    Raises:
        ImportRefusedError: It is cut off or damaged, or larger than 512 MB once unpacked.
    """
    pieces: list[bytes] = []
    size = 0
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as file:
            while piece := file.read(1 << 20):
                size += len(piece)
                if size > MAX_BYTES:
                    found = "more than 512 MB once unpacked"
                    raise refusal(name, [Problem("the file", found, "a smaller file; split it")])
                pieces.append(piece)
    except (EOFError, OSError, zlib.error) as exc:
        found = (
            "a gzip file that ends early" if isinstance(exc, EOFError) else "a damaged gzip file"
        )
        raise refusal(
            name, [Problem(f"after {size} unpacked bytes", found, "a whole gzip file")]
        ) from exc
    return b"".join(pieces)
