"""What a viewer may not see can change as it likes: no answer to him changes with it.

Compared are status, ids, order, scores, counts and texts; ids of runs and times are left out.
"""

import json
import random
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from httpx2 import Response
from sqlalchemy import select, update
from sqlmodel import col

from ingest.load import load_whole
from matching.derive import derive_all
from matching.encoder import Encoder
from registry.access.policy import LOCAL_STEWARD
from registry.db import Database
from registry.experts.models import Expert, ExpertSource, SourceRecord, Statement
from registry.experts.schemas import Life, PersonDraft, StatementDraft
from tests.factories import NOW, make_person, said
from tests.http.world import World, build

# Who must not notice, for each thing that is changed.
UNAWARE: Final = {
    "self": ("recruiter_most", "secretary_most", "steward", "delegate", "visitor"),
    "stewards": ("recruiter_most", "secretary_most", "visitor", "other_expert"),
    "council": ("recruiter_most", "recruiter_moh", "secretary_moh", "visitor"),
    "named_bodies": ("recruiter_moh", "secretary_moh", "visitor"),
    "bodies": ("visitor", "member", "other_expert"),
    "lead": ("recruiter_most", "secretary_most", "visitor"),
    # Claimed, and shown to nobody without an account: his coming and going is not theirs to see.
    "unpublished": ("visitor", "member", "other_expert", "narrow_token"),
    "paused": ("recruiter_most", "secretary_most", "steward", "visitor"),
    "restricted": ("recruiter_most", "secretary_most", "steward", "visitor"),
    "for_moh": ("recruiter_most", "secretary_most", "visitor"),
}
# What is changed of other people than the target.
OTHERS: Final = frozenset({"lead", "unpublished", "paused", "restricted", "for_moh"})
_VARYING = re.compile(
    r'"run_id":"[^"]+"|<p class="run">.*?</p>|name="csrf" value="[0-9a-f]+"', re.DOTALL
)
TEXTS: Final = (
    "Điều khiển robot công nghiệp bằng thị giác máy",
    "Cánh tay máy nhiều bậc tự do",
    "Thiết kế vi mạch bán dẫn công suất",
    "Chỉnh sửa gen cây lúa chịu hạn",
    "Vắc xin thế hệ mới",
    "Turbine gió ngoài khơi và lưới điện",
    "Pin lithium và vật liệu lưu trữ năng lượng",
    "Cảm biến lượng tử",
    "An ninh mạng cho hệ thống thanh toán",
)


@pytest.fixture(scope="module")
def world(
    make_database: Callable[[str], Database], encoder: Encoder, scratch: Path
) -> Iterator[World]:
    built = build(make_database("hidden-changes"), encoder, scratch / "hidden")
    yield built
    built.engine.close()


def _reads(world: World) -> list[tuple[str, str, dict[str, Any] | None]]:
    people = [world.target, *world.people.values()]
    searches = [
        {"query": "điều khiển robot công nghiệp", "limit": 100},
        {"query": "vi mach ban dan", "limit": 100, "residences": ["domestic"]},
        {"query": "energy and batteries", "limit": 5},
    ]
    return [
        *(("POST", "/api/v1/searches", body) for body in searches),
        ("POST", "/api/v1/roles/p01a/matches", {"limit": 100}),
        ("GET", "/?q=robot", None),
        ("GET", "/roles/p01a", None),
        *(("GET", f"/api/v1/experts/{person}", None) for person in people),
        *(("GET", f"/experts/{person}", None) for person in people),
        ("GET", "/api/v1/experts?limit=100", None),
        ("GET", "/api/v1/experts?q=le+van&sort=organisation", None),
        ("GET", "/api/v1/experts?countries=VN&residences=domestic&sort=newest", None),
        ("GET", "/api/v1/experts?confirmed_within=365&sort=confirmed", None),
        *(
            ("GET", f"/api/v1/experts/export?format={kind}&purpose=list", None)
            for kind in ("csv", "jsonl")
        ),
        ("GET", "/api/v1/roles", None),
        ("GET", "/experts", None),
        ("GET", "/experts?countries=VN&sort=organisation", None),
        ("GET", "/ready", None),
    ]


def _answers(world: World, viewer: str) -> list[tuple[str, int, str, str]]:
    found = []
    for method, path, body in _reads(world):
        answer = world.clients[viewer].request(method, path, json=body)
        found.append(_told(f"{method} {path}", answer))
    return found + _second_page(world, viewer)


def _told(asked: str, answer: Response) -> tuple[str, int, str, str]:
    etag = answer.headers.get("etag", "")
    return asked, answer.status_code, etag, _VARYING.sub("", answer.text)


def _second_page(world: World, viewer: str) -> list[tuple[str, int, str, str]]:
    """The list after its first person: where it goes on tells of whoever stands before."""
    path = "/api/v1/experts?limit=1&sort=organisation"
    first = world.clients[viewer].get(path)
    after = first.json().get("next")
    if not after:
        return [_told(f"GET {path}", first)]
    second = world.clients[viewer].get(
        "/api/v1/experts", params={"limit": 1, "sort": "organisation", "after": after}
    )
    return [_told(f"GET {path}", first), _told("GET page 2 of the list", second)]


def _some(dice: random.Random, visibility: str) -> list[StatementDraft]:
    """Some evidence at a level: awards, projects, a rank, a language, a field, a new country."""
    named = {"named_bodies": ["most"]} if visibility == "named_bodies" else {}
    envelope = {"visibility": visibility, **named}

    def text() -> dict[str, str]:
        return {"vi": ". ".join(dice.sample(TEXTS, k=dice.randint(1, 3)))}

    found = [
        said(dice.choice(["award", "project"]), {"title": text()}, started_on="2023", **envelope)
        for _ in range(dice.randint(1, 4))
    ]
    if dice.random() < 0.5:
        found.append(said("rank", {"rank": "professor"}, **envelope))
    if dice.random() < 0.5:
        code = str(dice.randint(1, 10))
        found.append(said("field", {"scheme": "strategic_2026", "code": code}, **envelope))
    if dice.random() < 0.5:
        place = {"organisation": "Zq Lab", "country_code": "FR", "is_main": True}
        found.append(said("affiliation", place, started_on="2025", **envelope))
    return found


def _change(world: World, what: str, dice: random.Random) -> None:
    """Write, change and close hidden things, and let the indexes follow."""
    drafts: list[PersonDraft]
    if what in OTHERS:
        lives = {"lead": Life.LEAD, "paused": Life.PAUSED}
        if what == "unpublished":
            lives[what] = dice.choice([Life.CLAIMED, Life.VERIFIED])
        person = make_person(
            # A new one each time: those who come are counted nowhere either.
            f"unpublished-{dice.random()}" if what == "unpublished" else what,
            f"Lê Văn {dice.choice(TEXTS)[:4]}",
            *_some(dice, "public"),
            life=lives.get(what, Life.CLAIMED),
        )
        drafts = [person]
    else:
        # A second source of the same person, which says something else each time.
        person = make_person("target", "Đặng Thị Đích", source="zq-list")
        person.statements = _some(dice, what)
        drafts = [person]
    load_whole(world.database, LOCAL_STEWARD, drafts, NOW)
    if what == "unpublished":
        _leave(world, dice)
    if what not in OTHERS:
        _join(world)
    derive_all(world.database, world.engine.encoder)
    world.engine.catch_up()


def _leave(world: World, dice: random.Random) -> None:
    """Let some of those who came withdraw again."""
    with world.database.session() as session:
        keys = select(ExpertSource.expert_id).where(
            col(ExpertSource.source_key).startswith("unpublished-")
        )
        gone = [person for person in session.scalars(keys) if dice.random() < 0.4]
        session.execute(
            update(Expert).where(col(Expert.id).in_(gone)).values(life=Life.WITHDRAWN.value)
        )


def _join(world: World) -> None:
    """Make what the second source says a part of the target's profile."""
    with world.database.session() as session:
        for table in (Statement, SourceRecord, ExpertSource):
            session.execute(
                update(table).where(col(table.source) == "zq-list").values(expert_id=world.target)
            )


@pytest.mark.parametrize("what", UNAWARE)
def test_no_answer_changes_with_what_the_viewer_may_not_see(world: World, what: str) -> None:
    _prove(world, what, rounds=2)


@pytest.mark.soak
@pytest.mark.parametrize("what", UNAWARE)
def test_the_same_over_many_changes(world: World, what: str) -> None:
    _prove(world, what, rounds=40)


def _prove(world: World, what: str, rounds: int) -> None:
    dice = random.Random(f"{what}-{rounds}")
    _change(world, what, dice)
    before = {viewer: _answers(world, viewer) for viewer in UNAWARE[what]}
    for number in range(rounds):
        _change(world, what, dice)
        for viewer in UNAWARE[what]:
            for was, now in zip(before[viewer], _answers(world, viewer), strict=True):
                told = f"round {number}: {was[0]} as {viewer} tells of {what}"
                assert now == was, f"{told}: {_first_difference(was[-1], now[-1])}"


def _first_difference(before: str, after: str) -> str:
    at = next((n for n, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), 0)
    return (
        f"...{before[max(at - 80, 0) : at + 80]!r} became ...{after[max(at - 80, 0) : at + 80]!r}"
    )


def test_whoever_may_see_it_is_told(world: World) -> None:
    """The comparison proves nothing if nobody's answers ever change."""
    dice = random.Random("seen")
    before = _answers(world, "steward")

    _change(world, "stewards", dice)

    assert _answers(world, "steward") != before
    assert json.dumps(before)
