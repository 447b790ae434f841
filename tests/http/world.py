"""A small registry with something hidden at every level, and one viewer of every kind.

What each viewer may see is written here as a table of its own, by hand, so that a fault in the
policy is not repeated by the test.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from fastapi.testclient import TestClient
from sqlalchemy import select, update
from sqlmodel import col

from ingest.load import load_whole
from ingest.runs import service as imports
from ingest.runs.service import GivenFile
from matching.derive import derive_all
from matching.encoder import Encoder
from matching.engine import Engine
from registry.access import sessions
from registry.access.claims import claim_in_words
from registry.access.models import Account, Delegation, WebSession
from registry.access.policy import LOCAL_STEWARD, Role, permissions_of
from registry.app import create_app
from registry.config import Settings
from registry.councils.models import Council
from registry.db import Database
from registry.experts.models import Change, Expert, Statement
from registry.experts.repository import find_by_source
from registry.experts.schemas import Life, StatementDraft, Visibility
from registry.ids import new_id
from registry.rights import breaches, consent_store, consents
from registry.rights.breaches import BreachContent
from registry.rights.consent_rules import Purpose as RightsPurpose
from registry.rights.consent_store import Proof
from registry.rights.consent_texts import load_texts
from registry.rights.deadlines import RequestKind
from registry.rights.models import Consent, Consideration
from registry.rights.requests import ask
from tests.accounts import make_account, make_body, sign_in
from tests.conftest import attach
from tests.factories import NOW, make_person, said

LEVELS: Final = tuple(level.value for level in Visibility)
# Sections of a profile: the delegate keeps one of them.
SECTIONS: Final = ("award", "project")
# Words that no model or page knows: where one stands, the statement was shown.
MARKS: Final = {
    (level, section): f"zq{number}{'abcdef'[place]}mark"
    for number, section in enumerate(SECTIONS)
    for place, level in enumerate(LEVELS)
}
# The same for what the published person keeps from the public.
PUBLISHED: Final = {
    level: f"zqpub{'abcdef'[place]}mark" for place, level in enumerate(LEVELS) if level != "public"
}
CONTACT: Final = "zqcontact@example.org"
# Said in public by a source, and rejected by the person: not his.
REJECTED: Final = "zqrejectedmark"
# Marks of people whom most may not see at all.
PEOPLE: Final = {
    "lead": "zqleadmark",
    "paused": "zqpausedmark",
    "withdrawn": "zqwithdrawnmark",
    "restricted": "zqrestrictedmark",
    "unmatched": "zqunmatchedmark",
    "for_moh": "zqformohmark",
    "published": "zqpublishedmark",
}

# Words that people wrote to an office, and who may read them.
WRITTEN: Final[Mapping[str, frozenset[str]]] = {
    "zqclaimwords": frozenset({"member", "steward"}),
    "zqrequestwords": frozenset({"expert", "steward"}),
    "zqbreachwords": frozenset({"administrator"}),
    "zqpurposewords": frozenset({"expert", "steward", "recruiter_most", "secretary_most"}),
}

# Whose account a token is of, and the one thing that it may do; the first is the steward's.
TOKENS: Final[Mapping[str, tuple[str, str]]] = {
    "narrow_token": ("steward", "programme:read"),
    "narrow_expert": ("expert", "programme:read"),
    "narrow_delegate": ("delegate", "programme:read"),
    "search_token": ("recruiter_most", "expert:search"),
}

_EVERY = frozenset(LEVELS)
_BODY = frozenset({"public", "bodies"})
# Levels of the target's statements that each viewer may see, by hand.
MAY_SEE: Final[Mapping[str, Mapping[str, frozenset[str]]]] = {
    viewer: {section: levels[place] for place, section in enumerate(SECTIONS)}
    for viewer, levels in {
        "visitor": (frozenset(), frozenset()),
        "member": (frozenset(), frozenset()),
        "other_expert": (frozenset(), frozenset()),
        "expert": (_EVERY, _EVERY),
        "delegate": (_EVERY - {"self"}, frozenset()),
        "recruiter_most": (_BODY | {"named_bodies"},) * 2,
        "recruiter_moh": (_BODY,) * 2,
        "secretary_most": (_BODY | {"named_bodies", "council"},) * 2,
        "secretary_moh": (_BODY,) * 2,
        "steward": (_EVERY - {"self"},) * 2,
        "auditor": (frozenset(), frozenset()),
        "administrator": (frozenset(), frozenset()),
        "narrow_token": (frozenset(), frozenset()),
        # Tokens of people who see more when they are signed in themselves.
        "narrow_expert": (frozenset(), frozenset()),
        "narrow_delegate": (frozenset(), frozenset()),
        "search_token": (_BODY | {"named_bodies"},) * 2,
    }.items()
}
# Levels of the published person's statements that each viewer may see beside the public one.
MAY_SEE_PUBLISHED: Final[Mapping[str, frozenset[str]]] = {
    viewer: frozenset[str]()
    | {
        "recruiter_most": {"bodies", "named_bodies"},
        "recruiter_moh": {"bodies"},
        "secretary_most": {"bodies", "named_bodies"},
        "secretary_moh": {"bodies"},
        "steward": {"bodies", "named_bodies", "council", "stewards"},
        "search_token": {"bodies", "named_bodies"},
    }.get(viewer, set())
    for viewer in MAY_SEE
}
# People whom each viewer may see anything of, beside the target.
MAY_MEET: Final[Mapping[str, frozenset[str]]] = {
    viewer: frozenset({"published"})
    | {
        "recruiter_most": {"unmatched"},
        "recruiter_moh": {"unmatched", "for_moh"},
        "secretary_most": {"unmatched"},
        "secretary_moh": {"unmatched", "for_moh"},
        "steward": {"lead", "unmatched", "for_moh"},
        "other_expert": {"paused"},
        "search_token": {"unmatched"},
    }.get(viewer, frozenset())
    for viewer in MAY_SEE
}


@dataclass
class World:
    """The registry of the tests.

    Args:
        target: The person with a statement of each level in each section.
        people: The others, by their mark's name.
        statements: Ids of the target's statements, by level and section.
        clients: One for each viewer.
    """

    database: Database
    engine: Engine
    app: object
    target: UUID
    people: dict[str, UUID]
    statements: dict[tuple[str, str], UUID]
    clients: dict[str, TestClient] = field(default_factory=dict)
    accounts: dict[str, Account] = field(default_factory=dict)
    council: UUID | None = None
    # What each viewer may do, as the policy says: the walk holds routes to it.
    permissions: dict[str, frozenset[str]] = field(default_factory=dict)

    # Ids of what else stands in addresses, by the parameter's name.
    ids: dict[str, Any] = field(default_factory=dict)

    def mark(self, level: str, section: str) -> str:
        """The word in the target's statement of a level and section."""
        return MARKS[level, section]

    def hidden_from(
        self, viewer: str, has_purpose: bool = False, is_profile: bool = False
    ) -> dict[str, str]:
        """Texts that must not stand in any answer to this viewer, and why.

        Args:
            has_purpose: Whether he said why people are looked at who have not claimed a profile.
            is_profile: Whether a profile is read. A token that may only search then sees what a
                visitor does.
        """
        if is_profile and viewer == "search_token":
            viewer = "visitor"
        met = MAY_MEET[viewer]
        if has_purpose and viewer in {"recruiter_most", "recruiter_moh", "search_token"}:
            met |= {"lead"}
        found = {
            mark: f"a {level} statement of the section {section}"
            for (level, section), mark in MARKS.items()
            if level not in MAY_SEE[viewer][section]
        }
        found |= {
            str(self.statements[level, section]): f"the id of a {level} statement ({section})"
            for level, section in MARKS
            # Ids are no content, and an auditor's entries speak of statements by them.
            if level not in MAY_SEE[viewer][section] and viewer != "auditor"
        }
        found |= {
            mark: f"a {level} statement of the published person"
            for level, mark in PUBLISHED.items()
            if level not in MAY_SEE_PUBLISHED[viewer]
        }
        found |= {
            mark: f"something of the {name} person"
            for name, mark in PEOPLE.items()
            if name not in met
        }
        found |= {
            mark: "words for somebody else" for mark, who in WRITTEN.items() if viewer not in who
        }
        if viewer not in {"expert", "steward"}:
            found[CONTACT] = "contact data"
        if viewer not in {"expert", "steward", "delegate"}:
            found[REJECTED] = "what the person says is not his"
        return found


def _item(section: str, level: str, mark: str) -> StatementDraft:
    named = ["most"] if level == "named_bodies" else []
    title = {"title": {"vi": f"Điều khiển robot công nghiệp {mark}"}}
    return said(section, title, started_on="2024", visibility=level, named_bodies=named)


def _kept_from_public() -> list[StatementDraft]:
    return [_item("award", level, mark) for level, mark in PUBLISHED.items()]


def build(database: Database, encoder: Encoder, folder: Path) -> World:
    """Make the people, the accounts and the application."""
    for body in ("most", "moh"):
        make_body(database, body)
    target = make_person(
        "target",
        "Đặng Thị Đích",
        *[_item(section, level, mark) for (level, section), mark in MARKS.items()],
        _item("award", "public", REJECTED),
        said("contact", {"kind": "email", "address": CONTACT}, visibility="stewards"),
    )
    lives = {"lead": Life.LEAD, "paused": Life.PAUSED, "withdrawn": Life.WITHDRAWN}
    others = [
        make_person(
            name,
            f"Lê Văn {mark}",
            _item("award", "public", mark),
            *(_kept_from_public() if name == "published" else []),
            life=lives.get(name, Life.CLAIMED),
        )
        for name, mark in PEOPLE.items()
    ]
    load_whole(database, LOCAL_STEWARD, [target, *others], NOW)
    with database.session() as session:
        known = find_by_source(session, "test", ["target", *PEOPLE])
        for name, values in {
            "restricted": {"restricted_at": NOW},
            "unmatched": {"is_searchable": False},
            "for_moh": {"open_to": ["moh"]},
            "published": {"is_published": True},
        }.items():
            session.execute(update(Expert).where(col(Expert.id) == known[name]).values(**values))
        statements = {}
        query = select(Statement).where(col(Statement.expert_id) == known["target"])
        for row in session.scalars(query):
            if REJECTED in str(row.value):
                row.judgement, row.judged_at = "rejected", NOW
            elif row.property in SECTIONS:
                statements[row.visibility, row.property] = row.id
    derive_all(database, encoder)
    engine = attach(database, encoder, folder / "world-index")
    settings = Settings(data_folder=folder / "world", allowed_hosts="testserver")
    app = create_app(settings, database, engine)
    target_id = known.pop("target")
    world = World(database, engine, app, target_id, known, statements)
    _sign_everybody_in(world)
    return world


def _sign_everybody_in(world: World) -> None:
    database = world.database
    made = world.accounts
    made["member"] = make_account(database, "member")
    made["expert"] = make_account(database, "expert", Role.EXPERT, expert_id=world.target)
    made["other_expert"] = make_account(
        database, "other", Role.EXPERT, expert_id=world.people["paused"]
    )
    # The role lets him see the programmes; he has no profile of his own.
    made["delegate"] = make_account(database, "delegate", Role.EXPERT)
    for body in ("most", "moh"):
        made[f"recruiter_{body}"] = make_account(database, f"r-{body}", Role.RECRUITER, body=body)
        made[f"secretary_{body}"] = make_account(database, f"s-{body}", Role.SECRETARY, body=body)
    for role in (Role.STEWARD, Role.AUDITOR, Role.ADMINISTRATOR):
        made[role.value] = make_account(database, role.value, role)
    now = datetime.now(UTC)
    with database.session() as session:
        load_texts(session)
    with database.session() as session:
        session.add(
            Delegation(
                expert_id=world.target,
                account_id=made["delegate"].id,
                sections=["award"],
                created_at=now,
                expires_at=now + timedelta(days=30),
            )
        )
        council = Council(id=new_id(), name_vi="Hội đồng", name_en="Council", body="most")
        session.add(council)
        session.flush()
        world.council = council.id
        # Without it, the next consent that he gives would end what councils consider him for.
        proof = Proof("paper", "zqproofwords")
        consent_store.write(
            session, LOCAL_STEWARD, world.target, RightsPurpose.COUNCIL, None, "vi", now, proof
        )
        session.add(
            Consideration(
                expert_id=world.target,
                body="most",
                purpose="zqpurposewords",
                council_id=council.id,
                opened_by="test",
                opened_at=now,
            )
        )
    _write_to_offices(world, now)
    for name, account in made.items():
        client = TestClient(world.app, raise_server_exceptions=False, follow_redirects=False)  # type: ignore[arg-type]
        world.clients[name] = sign_in(client, database, account)
    world.clients["visitor"] = TestClient(
        world.app,
        raise_server_exceptions=False,
        follow_redirects=False,  # type: ignore[arg-type]
    )
    with database.session() as session:
        for name, account in made.items():
            world.permissions[name] = permissions_of(sessions.load_actor(session, account, now))
    world.permissions["visitor"] = frozenset()
    for name, (holder, scope) in TOKENS.items():
        _make_token(world, name, holder, scope, now)
    _make_what_is_his_own(world, now)


def _make_token(world: World, name: str, holder: str, scope: str, now: datetime) -> None:
    """A client with a token of somebody's account that may do one thing only."""
    account, scopes = world.accounts[holder], frozenset({scope})
    with world.database.session() as session:
        actor = sessions.load_actor(session, account, now, signed_in_at=now)
        row, secret = sessions.create_token(session, actor, name, set(scopes), 1, now)
        world.permissions[name] = permissions_of(sessions.load_actor(session, account, now, scopes))
        world.ids.setdefault("token_id", row.id)
    client = TestClient(world.app, raise_server_exceptions=False, follow_redirects=False)  # type: ignore[arg-type]
    client.headers["Authorization"] = f"Bearer {secret}"
    world.clients[name] = client


def _make_what_is_his_own(world: World, now: datetime) -> None:
    """A run of a recruiter and a session of the steward, which nobody else may reach."""
    answer = world.clients["recruiter_most"].post(
        "/api/v1/searches", json={"query": "điều khiển robot công nghiệp", "limit": 100}
    )
    assert answer.status_code == 200, answer.text
    world.ids["run_id"] = answer.json()["run_id"]
    with world.database.session() as session:
        steward = world.accounts["steward"]
        sessions.start(session, steward, "password", "test", now, timedelta(hours=1))
        newest = select(WebSession.id).where(col(WebSession.account_id) == steward.id)
        world.ids["session_id"] = session.scalars(
            newest.order_by(col(WebSession.created_at).desc(), col(WebSession.id).desc())
        ).first()


def _write_to_offices(world: World, now: datetime) -> None:
    """A claim, a request, a consent and a breach, each through its service."""
    with world.database.session() as session:
        actors = {
            name: sessions.load_actor(session, account, now)
            for name, account in world.accounts.items()
        }
        claim = claim_in_words(
            session,
            actors["member"],
            str(world.people["for_moh"]),
            "zqclaimwords",
            {"registry"},
            "vi",
            now,
        )
        request = ask(session, actors["expert"], RequestKind.CORRECT, "zqrequestwords", now)
        content = BreachContent(title="zqbreachwords")
        breach = breaches.create(session, actors["administrator"], content, now, None, now)
        consents.give(session, actors["expert"], world.target, "talent_pool", "vi", now)
        # A file of a steward's, which nobody else learns of.
        author = b'{"id": "https://openalex.org/A5000000001", "display_name": "Zqimported Person"}'
        files = [GivenFile("zqimportedfile.json", author)]
        run = imports.begin_files(session, actors["steward"], "openalex_files", files, now)
        world.ids |= {"import_id": run.id, "kind": "people_list"}
        session.flush()
        world.ids |= {"claim_id": claim.id, "request_id": request.id, "breach_id": breach.row.id}
        for name, table in {
            "consent_id": Consent,
            "consideration_id": Consideration,
            "delegation_id": Delegation,
            "change_id": Change,
        }.items():
            world.ids[name] = session.scalars(select(table.id)).first()
