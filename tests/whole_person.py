"""A person with a row in every table that can hold one, each with words found nowhere else."""

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from ingest.identity.models import IdentityKey, IdentityRecord
from ingest.runs.models import ImportRow, ImportRun
from matching.models import Derivation, MatchRun, Passage, TextVector
from matching.passages import text_hash
from registry.access.models import (
    AccessLink,
    Account,
    AccountRole,
    APIToken,
    Claim,
    Delegation,
    ExternalLogin,
    OutsideFlow,
    WebSession,
)
from registry.access.policy import LOCAL_STEWARD
from registry.audit import service as audit
from registry.councils.models import Council, CouncilSeat, CouncilTerm
from registry.db import Database
from registry.experts import repository as experts
from registry.experts.models import (
    Change,
    ContactEvent,
    Disclosure,
    ExpertStanding,
    ItemChoice,
    Statement,
)
from registry.experts.recording import record_people
from registry.experts.schemas import Life
from registry.identity.models import IdentityJudgement, IdentityProposal
from registry.ids import new_id
from registry.rights import consent_store
from registry.rights.consent_rules import Purpose
from registry.rights.consent_store import Proof
from registry.rights.models import Consideration, RightsRequest
from registry.taxonomy.service import get_crosswalk
from registry.vault import service as vault
from tests.accounts import make_account, make_body
from tests.factories import NOW, make_person, said, work

NAME = "Vũ Thị Quỳnh-Hương"
OTHER_NAME = "Đặng Ngọc Toàn"
ORCID = "0000-0002-1825-0097"
EMAIL = "quynh.huong@example.org"
TITLE = "Màng lọc graphen khử mặn nước biển"
VARIANT = "Huong T. Q. Vu"
DOI = "10.5555/rieng-cua-huong"
SHARED_DOI = "10.5555/chung-hai-nguoi"
SHARED_TITLE = "Công trình viết chung của hai người"
SOURCE_KEY = "ho-so-goc-4711"


@dataclass(frozen=True)
class Whole:
    """The person, her account and a former one, and somebody else who must stay as he is."""

    id: UUID
    account: Account
    former: Account
    other_id: UUID
    steward: Account


def make_whole(database: Database, key: str = SOURCE_KEY) -> Whole:
    """Fill every table with something of one person; a second one shares a work with her."""
    shared = {"title": {"vi": SHARED_TITLE}, "doi": SHARED_DOI, "authors": [NAME, OTHER_NAME]}
    person = make_person(
        key,
        NAME,
        said("name", {"display": VARIANT, "kind": "variant"}),
        said("external_id", {"scheme": "orcid", "value": ORCID}),
        said("contact", {"kind": "email", "address": EMAIL}, visibility="bodies"),
        said("origin", {"is_vietnamese": True}, visibility="self"),
        said("work", {"title": {"vi": TITLE}, "doi": DOI, "authors": [NAME]}),
        said("work", shared),
        life=Life.CLAIMED,
    )
    other = make_person("another", OTHER_NAME, said("work", shared), work("Gốm áp điện"))
    with database.session() as session:
        record_people(session, LOCAL_STEWARD, [person, other], get_crosswalk(session), NOW)
    with database.session() as session:
        expert_id = experts.find_by_source(session, "test", [key])[key]
        other_id = experts.find_by_source(session, "test", ["another"])["another"]
    account = make_account(database, "quynh.huong", expert_id=expert_id)
    former = make_account(database, "quynh.huong.cu")
    steward = make_account(database, "steward")
    make_body(database, "most")
    with database.session() as session:
        _fill(session, expert_id, other_id, account.id, str(steward.id))
        _leave_former(session, expert_id, former.id)
    return Whole(expert_id, account, former, other_id, steward)


def _leave_former(session: Session, expert_id: UUID, account_id: UUID) -> None:
    """An account that held the profile before, and was closed with its name."""
    account = session.get_one(Account, account_id)
    account.display_name, account.closed_at = NAME, NOW
    session.add(
        Claim(
            expert_id=expert_id,
            account_id=account_id,
            proof="words",
            state="ended",
            life_before="lead",
            words=vault.seal(session, expert_id, {"sought": f"Hồ sơ của {NAME}"}),
            created_at=NOW,
            decided_by=str(account_id),
            decided_at=NOW,
        )
    )
    role = AccountRole(
        account_id=account_id, role="expert", granted_by="t", granted_at=NOW, ended_at=NOW
    )
    session.add(role)


def _fill(
    session: Session, expert_id: UUID, other_id: UUID, account_id: UUID, steward: str
) -> None:
    own, later = str(account_id), NOW + timedelta(days=90)
    change = Change(
        kind="edit",
        actor=own,
        expert_id=expert_id,
        on_behalf_of=expert_id,
        words=vault.seal(session, expert_id, "vì tôi đã chuyển viện"),
        created_at=NOW,
    )
    session.add(change)
    session.flush()
    session.add(Change(kind="revert", actor=own, expert_id=expert_id, created_at=NOW))
    current = experts.list_current(session, [expert_id, other_id])
    old = next(s for s in current[expert_id] if s.property == "affiliation")
    new = Statement(
        **old.model_dump(exclude={"id", "recorded_at", "value", "change_id", "source_record_id"}),
        id=new_id(),
        change_id=change.id,
        value={**old.value, "organisation": "Viện Vật liệu Bến Tre"},
    )
    experts.close(session, [old.id], NOW, change.id)
    session.add(new)
    session.flush()
    experts.link_successors(session, [(old.id, new.id)])
    for owner, statements in current.items():
        for statement in statements:
            if statement.property != "work":
                continue
            body = statement.value["title"]["vi"]
            session.add(
                Passage(
                    expert_id=owner,
                    statement_id=statement.id,
                    kind="work",
                    language="vi",
                    body=body,
                    text_hash=text_hash(body),
                    source="test",
                    verification="claimed",
                    audience="public",
                )
            )
            vector = TextVector(
                encoder_version="e", text_hash=text_hash(body), vector=[0.5, 0.5, 0.5]
            )
            session.merge(vector)
    session.add(Derivation(expert_id=expert_id, encoder_version="e", position="1:1:"))
    session.add(
        ItemChoice(
            expert_id=expert_id,
            property="work",
            item_key=f"doi:{DOI}",
            judgement="accepted",
            chosen_by=own,
            chosen_at=NOW,
            change_id=change.id,
        )
    )
    for actor in (steward, own):
        session.add(
            Disclosure(
                expert_id=expert_id, kind="view", actor=actor, body="most", purpose="Chương trình"
            )
        )
    session.add(ContactEvent(expert_id=expert_id, kind="sent", at=NOW, recorded_by=steward))
    session.merge(ExpertStanding(expert_id=expert_id, sent_at=NOW))
    consent_store.write(
        session,
        LOCAL_STEWARD,
        expert_id,
        Purpose.REGISTRY,
        None,
        "vi",
        NOW,
        Proof("paper", "thư số 12 của bà Quỳnh Hương"),
    )
    session.add(
        Consideration(
            expert_id=expert_id, body="most", purpose="Cố vấn", opened_by=steward, opened_at=NOW
        )
    )
    session.add(
        RightsRequest(
            expert_id=expert_id,
            kind="correct",
            state="open",
            channel="web",
            received_at=NOW,
            answer_by=NOW,
            act_by=NOW,
            requester=vault.seal(session, expert_id, NAME),
            words=vault.seal(session, expert_id, "Xin sửa tên viện"),
        )
    )
    one, two = sorted((expert_id, other_id))
    session.add(
        IdentityProposal(one_id=one, other_id=two, bits=-3.0, signals=0, parts=[], found_at=NOW)
    )
    session.add(
        IdentityJudgement(
            one_id=one,
            other_id=two,
            verdict="different",
            parts=[{"kind": "name", "label": "names differ", "bits": -4.5}],
            judged_by=steward,
            judged_at=NOW,
        )
    )
    session.add(IdentityRecord(expert_id=expert_id, records=[{"name": NAME}]))
    session.add(IdentityKey(key=4711, expert_id=expert_id))
    run = ImportRun(
        kind="openalex_files",
        source="openalex",
        title="Tệp",
        actor=steward,
        state="ready",
        settings={},
        notes={},
        created_at=NOW,
        updated_at=NOW,
    )
    session.add(run)
    session.flush()
    session.add(
        ImportRow(
            run_id=run.id,
            number=1,
            place="row 2",
            source_key=SOURCE_KEY,
            expert_id=expert_id,
            outcome="update",
            matches=[{"expert_id": str(other_id)}],
            sealed=vault.seal_for_service(session, {"name": NAME}, f"import:{run.id}:1"),
        )
    )
    council = Council(name_vi="Hội đồng", name_en="Council", body="most")
    session.add(council)
    session.flush()
    seat = CouncilSeat(council_id=council.id, role="member", name_vi="Ủy viên", name_en="Member")
    session.add(seat)
    session.flush()
    session.add(CouncilTerm(seat_id=seat.id, expert_id=expert_id, started_on=date(2024, 1, 1)))
    session.add(
        MatchRun(
            actor=steward,
            purpose=f"tìm người như {NAME}",
            request={"query": "vu thi quynh-huong", "readings": [["Vũ Thị"]], "kind": "search"},
            encoder_version="e",
            index_version="i",
            weights={},
            data_position="1:1:",
            result=[
                {"rank": 1, "expert_id": str(other_id), "score": 0.9, "lines": [0.9]},
                {"rank": 2, "expert_id": str(expert_id), "score": 0.8, "lines": [0.8]},
            ],
        )
    )
    _fill_account(session, expert_id, other_id, account_id, steward, later)
    details = {"purpose": "Chương trình", "note": f"hồ sơ của {NAME}"}
    audit.record(session, LOCAL_STEWARD, "expert:read", about=expert_id, details=details)


def _fill_account(
    session: Session, expert_id: UUID, other_id: UUID, account_id: UUID, steward: str, later: date
) -> None:
    link = AccessLink(
        purpose="claim",
        secret_hash="s1",
        expert_id=expert_id,
        sent_to=vault.seal(session, expert_id, EMAIL),
        created_by=steward,
        created_at=NOW,
        expires_at=later,
    )
    session.add(link)
    session.flush()
    session.add(
        OutsideFlow(
            state_hash="s2",
            provider="orcid",
            nonce="n",
            verifier="v",
            browser_hash="b",
            account_id=account_id,
            link_id=link.id,
            next_path="/me",
            expires_at=later,
        )
    )
    session.add(
        Claim(
            expert_id=expert_id,
            account_id=account_id,
            proof="orcid",
            state="granted",
            life_before="lead",
            words=vault.seal(session, expert_id, {"sought": f"Tôi là {NAME}"}),
            created_at=NOW,
        )
    )
    session.add(
        Delegation(
            expert_id=expert_id,
            account_id=UUID(steward),
            sections=["work"],
            created_at=NOW,
            expires_at=later,
        )
    )
    session.add(
        Delegation(
            expert_id=other_id,
            account_id=account_id,
            sections=["work"],
            created_at=NOW,
            expires_at=later,
        )
    )
    session.add(
        WebSession(
            token_hash="t1",
            account_id=account_id,
            method="password",
            agent="Máy của Quỳnh Hương",
            created_at=NOW,
            seen_at=NOW,
            expires_at=later,
        )
    )
    session.add(
        APIToken(
            token_hash="t2",
            account_id=account_id,
            name="kịch bản riêng",
            scopes=["rights:own"],
            created_at=NOW,
            expires_at=later,
        )
    )
    session.add(
        ExternalLogin(provider="orcid", subject=ORCID, account_id=account_id, linked_at=NOW)
    )
    session.add(
        AccountRole(account_id=account_id, role="expert", granted_by=steward, granted_at=NOW)
    )
