"""Accounts for tests, and clients that they are signed in with."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from fastapi.testclient import TestClient
from sqlalchemy.dialects.postgresql import insert as upsert

from registry.access import sessions
from registry.access.models import Account, AccountRole, Body
from registry.access.policy import Role
from registry.db import Database


def make_body(database: Database, code: str = "most") -> str:
    """A body, unless it is there."""
    names = {"name_vi": f"Bộ {code}", "name_en": f"Ministry {code}", "is_active": True}
    with database.session() as session:
        session.execute(upsert(Body).values(code=code, **names).on_conflict_do_nothing())
    return code


def make_account(
    database: Database,
    login: str,
    *roles: Role,
    body: str | None = None,
    expert_id: UUID | None = None,
) -> Account:
    """An account with roles; it has no password."""
    if body is not None:
        make_body(database, body)
    now = datetime.now(UTC)
    with database.session() as session:
        account = Account(login=login, display_name=login.title(), expert_id=expert_id)
        session.add(account)
        session.flush()
        for role in roles:
            of_body = body if role in {Role.RECRUITER, Role.SECRETARY} else None
            session.add(
                AccountRole(
                    account_id=account.id,
                    role=role.value,
                    body=of_body,
                    granted_by="test",
                    granted_at=now,
                )
            )
    return account


def sign_in(client: TestClient, database: Database, account: Account) -> TestClient:
    """The client with a session of the account in its cookie."""
    with database.session() as session:
        token = sessions.start(
            session, account, "password", "test", datetime.now(UTC), timedelta(hours=1)
        )
    client.cookies.set("session", token)
    return client
