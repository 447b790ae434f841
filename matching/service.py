"""Search and match: from a typed text or a programme role to a ranked, explained, stored list."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from matching import repository
from matching.describe import MatchLine, Ranked, describe
from matching.engine import Engine
from matching.facts import FactState, StatedFacts, check_fact
from matching.models import MatchRun
from matching.queries import Wording, build_lines, check_query, read_wording
from matching.retrieval import ScoredPeople, retrieve, score
from matching.schemas import (
    MatchRequest,
    PersonPublic,
    ReadingPublic,
    RunPublic,
    SearchAnswer,
    SearchRequest,
)
from matching.scoring import Weights, combine
from registry.access.policy import Actor, Selector, require, selector_for
from registry.audit import service as audit
from registry.experts import repository as experts
from registry.experts.facets import FilterNames
from registry.experts.schemas import Life
from registry.experts.selection import Selection, count_matching
from registry.experts.service import disclose
from registry.ids import new_id
from registry.programmes.models import RequirementLine
from registry.programmes.service import get_role

_NOTHING: tuple[None, list[str], None, None, None] = (None, [], None, None, None)


@dataclass(frozen=True)
class Conditions:
    """What a run is made under, when it is not made as of now: to repeat one.

    Args:
        on: The day that years of experience and the age of contacts are counted to.
    """

    weights: Weights
    on: date


@dataclass(frozen=True)
class Asked:
    """Everything that a run is made of."""

    actor: Actor
    request: MatchRequest
    lines: Sequence[MatchLine]
    stored: dict[str, Any]
    now: datetime
    conditions: Conditions


def search(
    session: Session,
    engine: Engine,
    actor: Actor,
    request: SearchRequest,
    now: datetime,
    conditions: Conditions | None = None,
) -> SearchAnswer:
    """Rank people for a free text.

    Raises:
        InvalidInputError: The text or a filter value cannot be used; says what to do.
        NotPermittedError: The actor may not search, or not by this filter.
    """
    require(actor, "expert:search")
    text = check_query(request.query)
    line = MatchLine(1, "must", 1.0, text, text, (read_wording(text, engine.restorer),))
    under = conditions or Conditions(engine.weights, now.date())
    return _run(session, engine, Asked(actor, request, [line], {"kind": "search"}, now, under))


def match_role(
    session: Session,
    engine: Engine,
    actor: Actor,
    role_key: UUID | str,
    request: MatchRequest,
    now: datetime,
    conditions: Conditions | None = None,
) -> SearchAnswer:
    """Rank people for a programme role by all its lines.

    Raises:
        NotFoundError: There is no such role.
    """
    require(actor, "expert:search")
    found = get_role(session, actor, role_key)
    lines = [_match_line(line) for line in found.lines]
    stored = {"kind": "role", "role": str(found.role.id)}
    under = conditions or Conditions(engine.weights, now.date())
    return _run(session, engine, Asked(actor, request, lines, stored, now, under))


def get_run(session: Session, actor: Actor, run_id: UUID) -> RunPublic:
    """A stored run of the actor's own, without those whom he may no longer see.

    Raises:
        NotFoundError: There is none, or it is somebody else's.
    """
    require(actor, "run:read")
    run = repository.get_run(session, run_id, actor.id)
    selector = selector_for(actor, run.purpose).without_near()
    listed = [row for row in run.result if "expert_id" in row]
    people = experts.get_found(session, [UUID(row["expert_id"]) for row in listed], selector)
    ids = [UUID(key) for row in listed for key in row["passages"]]
    passages = repository.get_passages(session, ids, selector)
    result = []
    for row in run.result:
        if "expert_id" in row and UUID(row["expert_id"]) in people:
            kept = [key for key in row["passages"] if UUID(key) in passages]
            result.append(row | {"passages": kept})
        else:
            # Withdrawn, hidden or erased since: the place in the list is all that is told.
            result.append({"rank": row["rank"], "gone": True})
    return RunPublic.model_validate(run, from_attributes=True).model_copy(update={"result": result})


def list_names(session: Session, actor: Actor, run: RunPublic) -> dict[str, str]:
    """Names of the people of a run that was read, as lists show them now, by id."""
    require(actor, "run:read")
    selector = selector_for(actor, run.purpose).without_near()
    ids = [UUID(row["expert_id"]) for row in run.result if "expert_id" in row]
    found = experts.get_found(session, ids, selector)
    return {str(key): summary.display_name for key, (_, summary) in found.items()}


def _match_line(line: RequirementLine) -> MatchLine:
    wordings = (
        Wording(line.text_vi, "vi", (line.text_vi,)),
        Wording(line.text_en, "en", (line.text_en,)),
    )
    return MatchLine(
        line.position,
        line.kind,
        float(line.weight),
        line.text_vi,
        line.text_en,
        () if line.fact else wordings,
        line.fact,
    )


def _run(session: Session, engine: Engine, asked: Asked) -> SearchAnswer:
    names = FilterNames.load(session)
    narrowed = names.read(asked.request, asked.conditions.on)
    selector = selector_for(asked.actor, asked.request.purpose).without_near()
    selection = Selection(selector, narrowed)
    weights = asked.conditions.weights
    texts = [line for line in asked.lines if line.fact is None]
    wordings = [(line.wordings, line.weight) for line in texts]
    while True:
        # Encoding runs outside the lock; should the statistics be counted anew meanwhile, the
        # queries are made again: vectors of two versions do not compare.
        statistics = engine.index.statistics
        queries = build_lines(engine.encoder, statistics, wordings)
        with engine.lock:
            if engine.index.statistics is not statistics:
                continue
            position = engine.index.position
            near = retrieve(engine.index, queries, selector, narrowed)
            scored = score(engine.index, queries, near, selector, weights)
            break
    ranked = _rank(session, selector, asked.lines, scored, asked.conditions.on.year)
    people = describe(
        session,
        selector,
        asked.lines,
        scored,
        ranked,
        asked.request.limit,
        statistics.frequencies,
        weights.met,
    )
    readings = [
        ReadingPublic(text=w.text, language=w.language, readings=list(w.readings))
        for line in texts
        for w in line.wordings
    ]
    run = MatchRun(
        id=new_id(),
        actor=asked.actor.id,
        purpose=asked.request.purpose,
        request=asked.request.model_dump(mode="json")
        | asked.stored
        | {"readings": [reading.readings for reading in readings]},
        encoder_version=engine.encoder.version,
        index_version=statistics.version,
        weights=weights.as_json(),
        data_position=position,
        result=[
            {
                "rank": person.rank,
                "expert_id": str(person.expert_id),
                "score": person.score,
                "lines": [line.score for line in person.lines],
                "passages": [str(e.passage_id) for line in person.lines for e in line.evidence],
            }
            for person in people
        ],
        created_at=asked.now,
    )
    repository.add_run(session, run)
    _note(session, asked, selector, run, people)
    return SearchAnswer(
        run_id=run.id,
        total=count_matching(session, selection),
        readings=readings,
        people=people,
        facets=names.count(session, selection),
        encoder_version=run.encoder_version,
        index_version=run.index_version,
        weights=run.weights,
    )


def _note(
    session: Session,
    asked: Asked,
    selector: Selector,
    run: MatchRun,
    people: Sequence[PersonPublic],
) -> None:
    """Note for everybody who was shown that he was, and in the audit what is not open to all."""
    purpose = asked.request.purpose
    shown = [person.expert_id for person in people]
    disclose(session, asked.actor, "match", shown, purpose)
    ids = [e.passage_id for person in people for line in person.lines for e in line.evidence]
    restricted = repository.list_restricted(session, ids)
    if restricted or selector.lives & {Life.LEAD, Life.INVITED}:
        # The purpose stands in the run and with each person: there it goes when he is erased.
        details = {
            "people": [str(expert_id) for expert_id in shown],
            "statements": [str(statement_id) for statement_id in restricted],
        }
        audit.record(
            session, asked.actor, "expert:search", subject=f"run:{run.id}", details=details
        )


def _rank(
    session: Session,
    selector: Selector,
    lines: Sequence[MatchLine],
    scored: ScoredPeople,
    year: int,
) -> list[Ranked]:
    """Order all candidates, their fact lines joined."""
    texts = [line for line in lines if line.fact is None]
    asked = [(line, line.fact) for line in lines if line.fact is not None]
    weights = [line.weight for line in [*texts, *(line for line, _ in asked)]]
    # Only fact lines need more of everybody than the index holds.
    stated = experts.list_stated(session, scored.ids, selector) if asked else {}
    ranked = []
    for place, expert_id in enumerate(scored.ids):
        if asked and expert_id not in stated:
            continue
        degree, languages, sector, is_overseas, first_year = stated.get(expert_id, _NOTHING)
        person = StatedFacts(degree, tuple(languages), sector, is_overseas, first_year)
        facts = {line.position: check_fact(fact, person, year) for line, fact in asked}
        met = [1.0 if state is FactState.MET else 0.0 for state in facts.values()]
        total = round(combine(scored.line_scores(place) + met, weights), 6)
        ranked.append(Ranked(place, expert_id, total, facts))
    # Equal scores go by id, so that a rerun gives the same list.
    return sorted(ranked, key=lambda r: (-r.score, r.expert_id.bytes))
