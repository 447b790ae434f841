"""The rule of a route: which permission it needs, or why it needs none.

Every route has exactly one of these; a test goes through the route table and fails for one
without. Services ask the policy again: the rule here is what is refused before anything is read.
"""

from typing import Any

from fastapi import Depends

from registry.access.policy import ALL_PERMISSIONS, permissions_of, require
from registry.web.deps import ActorDep


class Needs:
    """Lets those through who have one of the permissions."""

    def __init__(self, *permissions: str) -> None:
        assert permissions
        assert ALL_PERMISSIONS.issuperset(permissions), permissions
        self.permissions = permissions

    def __call__(self, actor: ActorDep) -> None:
        if not permissions_of(actor).intersection(self.permissions):
            require(actor, self.permissions[-1])


class Open:
    """Lets everybody through, signed in or not.

    Args:
        why: For whoever reads the route table.
    """

    def __init__(self, why: str) -> None:
        assert why
        self.why = why

    def __call__(self) -> None:
        return None


def needs(*permissions: str) -> Any:
    """The rule of a route that needs one of these permissions."""
    return Depends(Needs(*permissions))


def open_to_all(why: str) -> Any:
    """The rule of a route that needs no sign-in."""
    return Depends(Open(why))
