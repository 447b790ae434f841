"""How soon an erased person is in no answer, and how long until he is physically gone.

The thread that follows changes runs as it does beside the pages. Each kind of answer is asked
again and again, one after the other; its time is the end of the first answer without him, counted
from the call that erases. What the answers themselves take is therefore in the time. Then what was
left in files is compacted, and the tables and indexes are searched for his id, names and texts.
"""

from collections.abc import Callable
from dataclasses import replace
from time import perf_counter
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import col

from benchmarks.common import show
from benchmarks.permission_people import NOW, RECRUITER, say
from matching import service, sweeping
from matching.engine import Engine
from matching.models import Passage, TextVector
from matching.schemas import SearchAnswer, SearchRequest
from matching.terms import toned_terms, weigh_query
from registry import jobs
from registry.access.policy import selector_for
from registry.db import Database
from registry.errors import NotFoundError
from registry.experts.filters import ExpertFilter
from registry.experts.listing import ListRequest, list_people
from registry.experts.models import Expert, ExpertSummary
from registry.experts.service import get_profile
from registry.rights import leftovers
from registry.rights.erasure import ERASER, erase
from registry.rights.traces import Traces, collect
from registry.text import words
from registry.worker import ChangeWorker

LIMIT_SECONDS = 5.0
_GIVE_UP_SECONDS = 600.0
COUNTRY = "US"
# Of so many people with long texts, one is taken who is found by them.
_TRIED = 300

# Whether the person, or a trace of him, is still there.
Sighting = Callable[[], bool]


def erase_one(database: Database, engine: Engine) -> dict[str, Any]:
    """Erase one person and compact what is left behind; print and return the seconds."""
    expert_id, name, body = _somebody(database, engine)
    with database.session() as session:
        traces = collect(session, [expert_id])
        say("looking for what others have of the same")
        shared = leftovers.shared_with_others(session, traces)
    absent = _absent_after(database, engine, expert_id, name, body)
    compaction, places = _compact(database, engine, traces, shared)
    longest = max(absent.values())
    for title, seconds in (
        (f"erased person absent, limit {LIMIT_SECONDS:g} s {verdict(longest)}", absent),
        (f"compaction; left of him: {', '.join(places) or 'nothing'}", compaction),
    ):
        show(title, ("", "seconds"), [[step, f"{value:.2f}"] for step, value in seconds.items()])
    return {
        "absent_seconds": absent,
        "longest_seconds": longest,
        "compaction_seconds": compaction,
        "left": places,
    }


def verdict(longest: float) -> str:
    """Whether the limit is kept."""
    return "kept" if longest <= LIMIT_SECONDS else "EXCEEDED"


def _absent_after(
    database: Database, engine: Engine, expert_id: UUID, name: str, body: str
) -> dict[str, float]:
    """Seconds from the call that erases to the first answer of each kind without him."""
    worker = ChangeWorker(database.engine, engine.derive, engine.catch_up, database.revive)
    worker.start()
    try:
        sightings = _sightings(database, engine, expert_id, name, body)
        unseen = [kind for kind, is_there in sightings.items() if not is_there()]
        assert not unseen, f"he was not to be seen before either: {unseen}"
        say("erasing one person")
        began = perf_counter()
        with database.session() as session:
            erase(session, ERASER, expert_id, "asked for", NOW)
        seconds = {"the act itself": perf_counter() - began}
        while sightings and perf_counter() - began < _GIVE_UP_SECONDS:
            for kind, is_there in list(sightings.items()):
                if not is_there():
                    seconds[kind] = perf_counter() - began
                    del sightings[kind]
    finally:
        worker.stop()
    assert not sightings, f"still there after {_GIVE_UP_SECONDS} s: {list(sightings)}"
    return seconds


def _compact(
    database: Database, engine: Engine, traces: Traces, shared: leftovers.Shared
) -> tuple[dict[str, float], list[str]]:
    """Seconds of each step of the compaction, and where something of him is left after it."""
    root = engine.folder.path.parent
    seconds: dict[str, float] = {}

    def timed(step: str, work: Callable[[], Any]) -> Any:
        say(f"compaction: {step}")
        began = perf_counter()
        done = work()
        seconds[step] = perf_counter() - began
        return done

    common = frozenset(said for _, said in shared)
    own = replace(
        traces,
        names=traces.names - common,
        texts=traces.texts - common,
        hashes=traces.hashes - common,
    )

    def look() -> list[leftovers.Leftover]:
        with database.session() as session:
            return [
                *leftovers.check_database(session, traces, shared),
                *leftovers.check_statistics(session, own),
                *leftovers.check_files(root, own),
            ]

    timed("rewrite tables", lambda: jobs.begin_compaction(database, ERASER, NOW))
    timed("build the index anew", lambda: sweeping.renew(engine))
    proven, waiting = timed(
        "its own check, by his id", lambda: jobs.finish_compaction(database, ERASER, root, NOW)
    )
    places = [str(found) for found in timed("check by his id, names and texts", look)]
    if not proven:
        places.append(f"not proven; waiting for {waiting}")
    return seconds, sorted(set(places))


def _somebody(database: Database, engine: Engine) -> tuple[UUID, str, str]:
    """A person whom the recruiter finds by his words, his name, and a long public passage of his.

    Invented texts repeat phrases: one whom others with the same words crowd out of the answer would
    prove nothing by being absent from it.
    """
    with database.session() as session:
        rows = session.execute(
            select(col(Expert.id), col(ExpertSummary.display_name), col(Passage.body))
            .join(ExpertSummary, col(ExpertSummary.expert_id) == col(Expert.id))
            .join(Passage, col(Passage.expert_id) == col(Expert.id))
            .where(
                col(Expert.life) == "verified",
                col(Passage.audience) == "public",
                col(ExpertSummary.country_code) == COUNTRY,
            )
            .order_by(func.length(col(Passage.body)).desc(), col(Passage.id))
            .limit(_TRIED)
        ).all()
    for expert_id, name, body in rows:
        with database.session() as session:
            answer = service.search(session, engine, RECRUITER, _request(body), NOW)
            session.rollback()
        if any(person.expert_id == expert_id for person in answer.people):
            return expert_id, name, body
    raise AssertionError("none of those with the longest texts is found by them")


def _request(body: str) -> SearchRequest:
    # Some of his words find him. Not all: a search that quotes him is kept, and would be a trace.
    return SearchRequest(query=" ".join(words(body)[2:30]), countries=[COUNTRY], limit=100)


def _sightings(
    database: Database, engine: Engine, expert_id: UUID, name: str, body: str
) -> dict[str, Sighting]:
    selector = selector_for(RECRUITER)
    request = _request(body)
    terms = weigh_query(toned_terms(body), engine.index.statistics.frequencies)
    with database.session() as session:
        hashes = session.scalars(
            select(col(Passage.text_hash)).where(col(Passage.expert_id) == expert_id)
        ).all()
        before = service.search(session, engine, RECRUITER, request, NOW)

    def everywhere(answer: SearchAnswer) -> int:
        # Everybody has one residence, unknown at least.
        return sum(value.count for value in answer.facets["residences"])

    def in_search() -> bool:
        with database.session() as session:
            answer = service.search(session, engine, RECRUITER, request, NOW)
        return any(person.expert_id == expert_id for person in answer.people)

    def in_counts() -> bool:
        with database.session() as session:
            answer = service.search(session, engine, RECRUITER, request, NOW)
        return answer.total >= before.total or everywhere(answer) >= everywhere(before)

    def in_list() -> bool:
        with database.session() as session:
            people = list_people(session, RECRUITER, ListRequest(q=name, limit=100), NOW).people
        return any(person.expert_id == expert_id for person in people)

    def in_profile() -> bool:
        with database.session() as session:
            try:
                get_profile(session, RECRUITER, expert_id)
            except NotFoundError:
                return False
        return True

    def in_rows() -> bool:
        with engine.lock:
            index = engine.index
            mine = index.person_of_row == index.people.number_of(expert_id)
            return bool(index.alive[mine].any())

    def in_words() -> bool:
        with engine.lock:
            index = engine.index
            rows, _ = index.words.search(terms, selector, ExpertFilter(), len(index.alive))
            number = index.people.number_of(expert_id)
            return bool((index.person_of_row[rows] == number).any())

    def in_tables() -> bool:
        with database.session() as session:
            passages = select(func.count()).where(col(Passage.expert_id) == expert_id)
            only_his = select(func.count()).where(
                col(TextVector.text_hash).in_(hashes),
                col(TextVector.text_hash).not_in(select(col(Passage.text_hash))),
            )
            return bool(session.scalar(passages) or session.scalar(only_his))

    return {
        "profile": in_profile,
        "list by name": in_list,
        "search answer": in_search,
        "total and facet counts": in_counts,
        "passages and vectors in tables": in_tables,
        "rows of the vector index": in_rows,
        "text index": in_words,
    }
