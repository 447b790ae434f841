"""What an operation of the API finds to work on, made anew for each request of the fuzz test.

An error proves little about a service: each maker here leaves the registry in a state in which
one small right request is answered by a success.
"""

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session
from sqlmodel import SQLModel, col

from ingest.runs import planning
from ingest.runs import service as imports
from ingest.runs.models import ImportRow
from ingest.runs.service import GivenFile
from registry.access import sessions
from registry.access.models import (
    Account,
    AccountRole,
    APIToken,
    Claim,
    Delegation,
    WebSession,
)
from registry.access.policy import LOCAL_STEWARD
from registry.experts.models import Change, Statement
from registry.ids import new_id
from registry.rights import consents, requests
from registry.rights.deadlines import RequestKind
from registry.rights.models import Consent, Consideration
from registry.rights.request_store import Received


@dataclass(frozen=True)
class Scene:
    """Who asks, about whom.

    Args:
        account: Who sends; the profile `own` is his.
        person: Somebody else, who is a member.
        lead: Makes somebody who was merely found.
        call: Sends a request with a JSON body as the account, and gives its answer.
    """

    session: Session
    account: Account
    own: UUID
    person: UUID
    lead: Callable[[], UUID]
    call: Callable[[str, dict[str, Any]], Any]

    def add(self, row: SQLModel) -> None:
        """Store a row at once."""
        self.session.add(row)
        self.session.flush()


# What stands in the address, and in the body beside the smallest one.
Made = tuple[dict[str, Any], dict[str, Any]]


def _now() -> datetime:
    return datetime.now(UTC)


def _session(scene: Scene) -> Made:
    row = WebSession(
        id=new_id(),
        token_hash=new_id().hex,
        account_id=scene.account.id,
        method="password",
        created_at=_now(),
        seen_at=_now(),
        expires_at=_now() + timedelta(hours=1),
    )
    scene.add(row)
    return {"session_id": row.id}, {}


def _token(scene: Scene) -> Made:
    row = APIToken(
        id=new_id(),
        token_hash=new_id().hex,
        account_id=scene.account.id,
        name="fuzz",
        scopes=["programme:read"],
        created_at=_now(),
        expires_at=_now() + timedelta(hours=1),
    )
    scene.add(row)
    return {"token_id": row.id}, {}


def _delegation(scene: Scene, expert_id: UUID, account_id: UUID) -> Made:
    row = Delegation(
        id=new_id(),
        expert_id=expert_id,
        account_id=account_id,
        sections=["award"],
        created_at=_now(),
        expires_at=_now() + timedelta(days=1),
    )
    scene.add(row)
    return {"delegation_id": row.id}, {}


def _named(scene: Scene) -> Made:
    return _delegation(scene, scene.own, _stranger(scene).id)


def _kept(scene: Scene) -> Made:
    return _delegation(scene, scene.person, scene.account.id)


def _stranger(scene: Scene) -> Account:
    row = Account(id=new_id(), login=f"stranger-{new_id().hex}", display_name="Ai Đó")
    scene.add(row)
    return row


def _consent(scene: Scene) -> Made:
    held = select(Consent).where(
        col(Consent.expert_id) == scene.own, col(Consent.withdrawn_at).is_(None)
    )
    if scene.session.scalars(held).first() is None:
        actor = sessions.load_actor(scene.session, scene.account, _now())
        consents.give(scene.session, actor, scene.own, "talent_pool", "vi", _now())
        scene.session.flush()
    return {"consent_id": scene.session.scalars(held).first().id}, {}  # type: ignore[union-attr]


def _claim(scene: Scene) -> Made:
    """Nobody who has a profile, or waits for one, claims another."""
    scene.account.expert_id = None
    scene.session.execute(
        update(Claim)
        .where(col(Claim.account_id) == scene.account.id, col(Claim.state) == "open")
        .values(state="refused")
    )
    return {}, {"sought": "Phan Thị Khác, Viện Toán", "words": "tôi là người này"}


def _held(scene: Scene) -> Made:
    """A profile that somebody has claimed, whom nobody has contested."""
    scene.session.execute(
        update(Claim)
        .where(col(Claim.expert_id) == scene.person, col(Claim.state) == "contested")
        .values(state="reverted")
    )
    held = select(Claim.id).where(
        col(Claim.expert_id) == scene.person, col(Claim.state) == "granted"
    )
    claim_id = scene.session.scalars(held).first()
    if claim_id is None:
        row = Claim(
            id=new_id(),
            expert_id=scene.person,
            account_id=_stranger(scene).id,
            proof="words",
            state="granted",
            life_before="lead",
            created_at=_now(),
        )
        scene.add(row)
        claim_id = row.id
    return {"claim_id": claim_id}, {}


def _invited(scene: Scene) -> Made:
    return {"expert_id": scene.lead()}, {}


def _run(scene: Scene) -> Made:
    found = scene.call("/api/v1/searches", {"query": "điều khiển robot công nghiệp"})
    return {"run_id": found.json()["run_id"]}, {}


def _request(scene: Scene, kind: RequestKind) -> UUID:
    received = Received(kind, "xin làm điều này", "paper", scene.person)
    return requests.receive(scene.session, LOCAL_STEWARD, received, _now()).id


def _to_correct(scene: Scene) -> Made:
    return {"request_id": _request(scene, RequestKind.CORRECT)}, {"days": 5}


def _to_restrict(scene: Scene) -> Made:
    return {"request_id": _request(scene, RequestKind.RESTRICT)}, {}


def _to_erase(scene: Scene) -> Made:
    return {}, {"request_id": str(_request(scene, RequestKind.DELETE)), "confirmation": "XÓA"}


def _consider(scene: Scene) -> Made:
    return {}, {"expert_id": str(scene.person), "purpose": f"tìm người {new_id()}"}


def _considered(scene: Scene) -> Made:
    row = Consideration(
        id=new_id(),
        expert_id=scene.person,
        body="most",
        purpose="tìm người",
        opened_by="test",
        opened_at=_now(),
    )
    scene.add(row)
    return {"consideration_id": row.id}, {}


def _item(scene: Scene, expert_id: UUID) -> Statement:
    current = select(Statement).where(
        col(Statement.expert_id) == expert_id,
        col(Statement.superseded_at).is_(None),
        col(Statement.property) == "project",
    )
    row = scene.session.scalars(current).first()
    assert row is not None
    return row


def _checked(scene: Scene) -> Made:
    row = _item(scene, scene.person)
    row.verification, row.verified_by, row.verified_at = "checked", "test", _now()
    row.verification_method, row.verification_document = "document", "Bằng số 1"
    return {"statement_id": row.id}, {"reason": "nhầm người"}


def _own_item(scene: Scene) -> Made:
    return {"expert_id": scene.own, "statement_id": _item(scene, scene.own).id}, {}


def _changed(scene: Scene) -> Made:
    """A change of the account's own profile, made a moment ago."""
    title = {"title": {"vi": f"Dự án {new_id()}"}}
    body = {"property": "project", "value": title}
    made = scene.call(f"/api/v1/experts/{scene.own}/statements", body)
    assert made.status_code == 201, made.text
    newest = select(Change.id).where(col(Change.expert_id) == scene.own)
    return {"change_id": scene.session.scalars(newest.order_by(col(Change.id).desc())).first()}, {}


def _leaving(scene: Scene) -> Made:
    """The last administrator who can sign in does not leave."""
    other = Account(
        id=new_id(), login=f"administrator-{new_id().hex}", display_name="Ai Đó", password_hash="x"
    )
    scene.add(other)
    role = {"role": "administrator", "granted_by": "test", "granted_at": _now()}
    scene.add(AccountRole(account_id=other.id, **role))
    return {}, {}


_CITATION: Final = b"@article{x, title={Vi mach ban dan}, author={Le, Hoa}, year={2020}}"
_AUTHOR: Final = b'{"id": "https://openalex.org/A5000000007", "display_name": "Khoa Tran"}'


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _file(scene: Scene) -> Made:
    return {"expert_id": scene.own}, {"content": _base64(_CITATION), "name": "a.bib"}


def _draft(scene: Scene) -> Made:
    """A file of the account's own, read into a draft with one item."""
    path = f"/api/v1/experts/{scene.own}/drafts"
    read = scene.call(path, {"content": _base64(_CITATION), "name": "a.bib"})
    assert read.status_code == 200, read.text
    return {"expert_id": scene.own}, {"draft": read.json()["draft"], "items": [1]}


def _import(state: str) -> Callable[[Scene], Made]:
    """An import of a file that has come so far, with a row that is chosen."""

    def make(scene: Scene) -> Made:
        files = [GivenFile("a.json", _AUTHOR)]
        run = imports.begin_files(
            scene.session, LOCAL_STEWARD, "openalex_files", files, _now(), title="Thử"
        )
        run.state = state
        scene.add(
            ImportRow(run_id=run.id, number=1, place="1", outcome="new", is_chosen=True, matches=[])
        )
        return {"import_id": run.id}, {}

    return make


def _list_that_asks(scene: Scene) -> Made:
    file = GivenFile("a.csv", "Họ và tên,Cột lạ\nLê Hoa,x\n".encode())
    run = planning.begin_list(scene.session, LOCAL_STEWARD, file, "bo-thu", "Bộ Thử", _now())
    assert run.state == "asking"
    return {"import_id": run.id}, {}


def _files(scene: Scene) -> Made:
    files = [{"name": "a.json", "content": _base64(_AUTHOR)}]
    return {}, {"kind": "openalex_files", "files": files}


MAKERS: Final[Mapping[str, Callable[[Scene], Made]]] = {
    "DELETE /api/v1/account/sessions/{session_id}": _session,
    "DELETE /api/v1/account/tokens/{token_id}": _token,
    "DELETE /api/v1/me/delegations/{delegation_id}": _named,
    "DELETE /api/v1/me/delegations/kept/{delegation_id}": _kept,
    "DELETE /api/v1/me/consents/{consent_id}": _consent,
    "POST /api/v1/account/close": _leaving,
    "POST /api/v1/claims": _claim,
    "POST /api/v1/claims/{claim_id}/contest": _held,
    "POST /api/v1/experts/{expert_id}/contest": _held,
    "POST /api/v1/experts/{expert_id}/invitations": _invited,
    "GET /api/v1/runs/{run_id}": _run,
    "POST /api/v1/runs/{run_id}/repetitions": _run,
    "POST /api/v1/rights-requests": lambda scene: ({}, {"requester": "Ai đó, 0900 000 000"}),
    "POST /api/v1/rights-requests/{request_id}/extension": _to_correct,
    "POST /api/v1/rights-requests/{request_id}/act": _to_restrict,
    "POST /api/v1/experts/{expert_id}/erasure": _to_erase,
    "POST /api/v1/me/erasure": lambda scene: ({}, {"confirmation": "XÓA"}),
    "POST /api/v1/considerations": _consider,
    "POST /api/v1/considerations/{consideration_id}/outcome": _considered,
    "DELETE /api/v1/experts/{expert_id}/statements/{statement_id}/verification": _checked,
    "PUT /api/v1/experts/{expert_id}/statements/{statement_id}/visibility": _own_item,
    "POST /api/v1/changes/{change_id}/reversion": _changed,
    "POST /api/v1/experts/{expert_id}/drafts": _file,
    "POST /api/v1/experts/{expert_id}/drafts/items": _draft,
    "POST /api/v1/imports/files": _files,
    "POST /api/v1/imports/questions": lambda scene: (
        {},
        {"kind": "orcid", "question": {"orcids": ["0000-0002-1825-0097"]}},
    ),
    "POST /api/v1/imports/{import_id}/plan": _list_that_asks,
    "POST /api/v1/imports/{import_id}/choice": _import("ready"),
    "POST /api/v1/imports/{import_id}/confirmation": _import("ready"),
    "POST /api/v1/imports/{import_id}/stopping": _import("reading"),
    "POST /api/v1/imports/{import_id}/resumption": _import("stopped"),
    "POST /api/v1/imports/{import_id}/discarding": _import("ready"),
}
