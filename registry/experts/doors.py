"""The two doors to a profile that is kept: the person's own pages, and a steward's desk.

Both lead to the same pages; a door says whose profile it is and where its addresses are.
"""

from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Query

from registry.errors import NotFoundError
from registry.experts.parties import unknown_expert
from registry.web.deps import ActorDep
from registry.web.language import Language
from registry.web.pages import link


@dataclass(frozen=True)
class Door:
    """Where a profile is kept.

    Args:
        base: Path of the page of the profile; all others lie below it.
        history: Path of its history.
        shell: Template that the pages are put into.
        of: The profile, where the address has to name it; None: it follows from the reader.
    """

    expert_id: UUID
    base: str
    history: str
    shell: str
    of: UUID | None = None

    def link(self, language: Language, path: str = "", **parameters: Any) -> str:
        """An address below the profile's page."""
        return link(f"{self.base}{path}", language, of=self.of, **parameters)

    def link_history(self, language: Language, path: str = "", **parameters: Any) -> str:
        """An address below the profile's history."""
        return link(f"{self.history}{path}", language, of=self.of, **parameters)


Of = Annotated[UUID | None, Query(description="A profile that the reader keeps for somebody.")]


def own_door(actor: ActorDep, of: Of = None) -> Door:
    """The reader's own profile, or one that he keeps for somebody else."""
    own, kept = actor.expert_id, set(actor.delegations)
    if of is None and own is None and len(kept) == 1:
        of = next(iter(kept))
    if of is None and own is None:
        raise NotFoundError("choose the profile first; open /me")
    expert_id = of or own
    assert expert_id is not None
    if expert_id != own and expert_id not in kept:
        raise unknown_expert(expert_id)
    return Door(
        expert_id,
        "/me",
        "/me/history",
        "me_base.html",
        of=None if expert_id == own else expert_id,
    )


def desk_door(expert_id: UUID) -> Door:
    """Any profile, for a steward."""
    base = f"/desk/experts/{expert_id}"
    return Door(expert_id, base, f"{base}/history", "desk_base.html")


OWN_DOOR: Any = Depends(own_door)
DESK_DOOR: Any = Depends(desk_door)
