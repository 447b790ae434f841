"""Invented accounts for a demonstration, one for each kind of work."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlmodel import col

from registry.access import accounts, bodies, links, repository, roles
from registry.access.links import Purpose
from registry.access.models import Account, Body
from registry.access.policy import ROLES_OF_A_BODY, Actor, Role, require
from registry.access.roles import Grant
from registry.experts.models import Expert
from registry.experts.schemas import Life

BODY: Final = "demo"
_NAMES: Final[Mapping[Role, str]] = {
    Role.RECRUITER: "Người tuyển chọn (giả định)",
    Role.SECRETARY: "Thư ký hội đồng (giả định)",
    Role.STEWARD: "Quản lý dữ liệu (giả định)",
    Role.AUDITOR: "Kiểm toán (giả định)",
    Role.ADMINISTRATOR: "Quản trị (giả định)",
    Role.EXPERT: "Chuyên gia (giả định)",
}
_LINK_LASTS: Final = timedelta(days=1)


def make_demo_links(session: Session, actor: Actor, now: datetime) -> list[tuple[str, str]]:
    """A link for each invented account that signs in at once; accounts are made when missing.

    The links of an earlier call are of no use any more.

    Returns:
        Role and token, in the order of the roles.
    """
    require(actor, "account:manage")
    if session.get(Body, BODY) is None:
        names = "Cơ quan minh họa (giả định)", "Demonstration body (invented)"
        bodies.create_body(session, actor, BODY, *names)
    found = []
    for role, name in _NAMES.items():
        login = f"demo-{role.value}"
        account = repository.find_by_login(session, login)
        # A closed one stays closed: nobody gets a link to it.
        if account is None and repository.find_by_login(session, login, include_closed=True):
            continue
        if account is None:
            account = accounts.create_account(session, actor, login, name, is_invented=True)
        if not account.is_invented:
            continue
        if role is Role.EXPERT and account.expert_id is None:
            account.expert_id = _find_profile(session)
        grant = Grant(role, BODY if role in ROLES_OF_A_BODY else None)
        roles.grant_role(session, actor, account.id, grant, now)
        token = links.make_link(
            session, actor, Purpose.SIGN_IN, account_id=account.id, now=now, lasts=_LINK_LASTS
        )
        found.append((role.value, token))
    return found


def _find_profile(session: Session) -> UUID | None:
    """The first invented person whose profile no account holds."""
    held = select(col(Account.expert_id)).where(col(Account.expert_id).is_not(None))
    return session.scalars(
        select(col(Expert.id))
        .where(
            col(Expert.is_invented).is_(True),
            col(Expert.life) == Life.CLAIMED.value,
            col(Expert.id).not_in(held),
        )
        .order_by(col(Expert.id))
        .limit(1)
    ).first()
