"""An export as the answer to a browser or a program: written whole, then sent in parts."""

import os
import tempfile
from collections.abc import Iterator
from datetime import datetime
from typing import IO, Final

from fastapi.responses import StreamingResponse
from sqlalchemy.orm import Session
from starlette.background import BackgroundTask

from registry.access.policy import Actor
from registry.experts import exporting
from registry.experts.export_formats import MEDIA_TYPES
from registry.experts.exporting import ExportRequest

__all__ = ["MEDIA_TYPES", "answer"]

_PART_BYTES: Final = 64 * 1024
_IN_MEMORY_BYTES: Final = 4_000_000


def answer(
    session: Session, actor: Actor, request: ExportRequest, now: datetime
) -> StreamingResponse:
    """The file; it goes out after the commit, so that nothing leaves without being noted."""
    # Closed when the answer was sent, or with the last reference to it; it never has a name.
    file = tempfile.SpooledTemporaryFile(_IN_MEMORY_BYTES)  # noqa: SIM115
    try:
        exporting.export_people(session, actor, request, now, file)
    except BaseException:
        file.close()
        raise
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    headers = {
        # The name holds nothing of the request.
        "Content-Disposition": f'attachment; filename="experts.{request.format}"',
        "Content-Length": str(size),
    }
    return StreamingResponse(
        _parts(file), 200, headers, MEDIA_TYPES[request.format], BackgroundTask(file.close)
    )


def _parts(file: IO[bytes]) -> Iterator[bytes]:
    while part := file.read(_PART_BYTES):
        yield part
