"""Small things that are to be written last of all in a transaction."""

from collections.abc import Callable
from typing import Final

from sqlalchemy.orm import Session

_KEY: Final = "at_commit"


def at_commit(session: Session, act: Callable[[], object]) -> None:
    """Have something done just before the commit, ahead of the audit; a rollback drops it."""
    session.info.setdefault(_KEY, []).append(act)


def do_pending(session: Session) -> None:
    """Do what was put off."""
    for act in session.info.pop(_KEY, ()):
        act()


def forget_pending(session: Session) -> None:
    """Drop what was put off in a transaction that is rolled back."""
    session.info.pop(_KEY, None)
