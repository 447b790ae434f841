"""Locks on files, between processes.

The kernel frees them when the last process that holds the open file ends, however it ends: nothing
is left behind by SIGKILL or a power cut, and no process number is ever compared.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from registry.errors import BusyError


def take(path: Path, *, shared: bool = False) -> int | None:
    """Lock the file, made when missing, and return its open descriptor; None when another holds it.

    Closing the descriptor frees the lock, unless a child process inherited it.
    """
    # Not inherited across exec unless asked for: Python opens files that way.
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def is_free(path: Path) -> bool:
    """Nobody holds the lock at this moment."""
    descriptor = take(path)
    if descriptor is None:
        return False
    os.close(descriptor)
    return True


@contextmanager
def held(path: Path, timeout_seconds: float) -> Iterator[None]:
    """Hold the lock alone during the block.

    Raises:
        BusyError: Another process held it during the whole time.
    """
    deadline = time.monotonic() + timeout_seconds
    while (descriptor := take(path)) is None:
        if time.monotonic() > deadline:
            raise BusyError(
                "Another process has been starting or stopping the database of this data folder "
                f"for {timeout_seconds:.0f} seconds. Try again when it has finished."
            )
        time.sleep(0.05)
    try:
        yield
    finally:
        os.close(descriptor)
