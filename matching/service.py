"""Search and match: from a typed text or a programme role to a ranked, explained, stored list."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from matching import repository
from matching.describe import MatchLine, Ranked, describe
from matching.engine import Engine
from matching.facets import FilterNames
from matching.facts import FactState, StatedFacts, check_fact
from matching.models import MatchRun
from matching.queries import Wording, build_lines, check_query, read_wording
from matching.retrieval import ScoredPeople, retrieve, score
from matching.schemas import (
    MatchRequest,
    ReadingPublic,
    Repetition,
    RunPublic,
    SearchAnswer,
    SearchRequest,
)
from matching.scoring import Weights, combine
from registry.access.policy import Actor, Selector, require, selector_for
from registry.experts import repository as experts
from registry.experts.filters import ExpertFilter
from registry.ids import new_id
from registry.programmes.models import RequirementLine
from registry.programmes.service import get_role

_NOTHING: tuple[None, list[str], None, None, None] = (None, [], None, None, None)


@dataclass(frozen=True)
class Permitted:
    """What a run may see, and why."""

    actor: Actor
    selector: Selector
    narrowed: ExpertFilter
    purpose: str | None


def search(
    session: Session,
    engine: Engine,
    actor: Actor,
    request: SearchRequest,
    now: datetime,
    weights: Weights | None = None,
) -> SearchAnswer:
    """Rank people for a free text.

    Args:
        weights: Other than the engine's, to repeat a run that was made with others.

    Raises:
        InvalidInputError: The text or a filter value cannot be used; says what to do.
        NotPermittedError: The actor may not search.
    """
    require(actor, "expert:search")
    text = check_query(request.query)
    names = FilterNames.load(session)
    narrowed = names.read(request)
    wording = read_wording(text, engine.restorer)
    line = MatchLine(1, "must", 1.0, text, text, (wording,))
    permitted = Permitted(actor, selector_for(actor, request.purpose), narrowed, request.purpose)
    stored = request.model_dump(mode="json") | {"kind": "search"}
    using = weights or engine.weights
    return _run(session, engine, permitted, [line], names, using, request.limit, stored, now)


def match_role(
    session: Session,
    engine: Engine,
    actor: Actor,
    role_key: UUID | str,
    request: MatchRequest,
    now: datetime,
    weights: Weights | None = None,
) -> SearchAnswer:
    """Rank people for a programme role by all its lines.

    Raises:
        NotFoundError: There is no such role.
    """
    require(actor, "expert:search")
    found = get_role(session, actor, role_key)
    names = FilterNames.load(session)
    narrowed = names.read(request)
    lines = [_match_line(line) for line in found.lines]
    permitted = Permitted(actor, selector_for(actor, request.purpose), narrowed, request.purpose)
    stored = request.model_dump(mode="json") | {"kind": "role", "role": str(found.role.id)}
    using = weights or engine.weights
    return _run(session, engine, permitted, lines, names, using, request.limit, stored, now)


def get_run(session: Session, actor: Actor, run_id: UUID) -> RunPublic:
    """A stored run of the actor's own.

    Raises:
        NotFoundError: There is none, or it is somebody else's.
    """
    require(actor, "run:read")
    return RunPublic.model_validate(
        repository.get_run(session, run_id, actor.id), from_attributes=True
    )


def repeat_run(
    session: Session, engine: Engine, actor: Actor, run_id: UUID, now: datetime
) -> Repetition:
    """Make a stored run of the actor's own again, with its weights, and compare the results.

    Raises:
        NotFoundError: There is no such run, or the role that it was for is gone.
    """
    run = get_run(session, actor, run_id)
    request = {k: v for k, v in run.request.items() if k not in {"kind", "role"}}
    weights = Weights(**run.weights)
    if run.request["kind"] == "role":
        key = UUID(run.request["role"])
        asked = MatchRequest.model_validate(request)
        answer = match_role(session, engine, actor, key, asked, now, weights)
    else:
        again = SearchRequest.model_validate(request)
        answer = search(session, engine, actor, again, now, weights)
    before = {row["expert_id"]: row for row in run.result}
    after = {str(person.expert_id): person for person in answer.people}
    return Repetition(
        run_id=answer.run_id,
        same_encoder=run.encoder_version == answer.encoder_version,
        same_index=run.index_version == answer.index_version,
        same_data=run.data_position
        == repository.get_run(session, answer.run_id, actor.id).data_position,
        same_order=list(before) == list(after),
        gone=[UUID(key) for key in before if key not in after],
        come=[person.expert_id for key, person in after.items() if key not in before],
        moved=[
            person.expert_id
            for key, person in after.items()
            if key in before and before[key]["rank"] != person.rank
        ],
        largest_score_change=max(
            (abs(before[k]["score"] - p.score) for k, p in after.items() if k in before),
            default=0.0,
        ),
    )


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


def _run(
    session: Session,
    engine: Engine,
    permitted: Permitted,
    lines: Sequence[MatchLine],
    names: FilterNames,
    weights: Weights,
    limit: int,
    stored: dict[str, Any],
    now: datetime,
) -> SearchAnswer:
    texts = [line for line in lines if line.fact is None]
    queries = build_lines(
        engine.encoder, engine.index, [(line.wordings, line.weight) for line in texts]
    )
    with engine.lock:
        index_version = engine.index.statistics.version
        near = retrieve(engine.index, queries, permitted.selector, permitted.narrowed)
        scored = score(engine.index, queries, near, permitted.selector, weights)
        frequencies = engine.index.statistics.frequencies
    ranked = _rank(session, permitted.selector, lines, scored, now.year)
    people = describe(
        session, permitted.selector, lines, scored, ranked, limit, frequencies, weights.met
    )
    run = MatchRun(
        id=new_id(),
        actor=permitted.actor.id,
        purpose=permitted.purpose,
        request=stored,
        encoder_version=engine.encoder.version,
        index_version=index_version,
        weights=weights.as_json(),
        data_position=experts.last_change(session),
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
        created_at=now,
    )
    repository.add_run(session, run)
    return SearchAnswer(
        run_id=run.id,
        total=experts.count_matching(session, permitted.selector, permitted.narrowed),
        readings=[
            ReadingPublic(text=w.text, language=w.language, readings=list(w.readings))
            for line in texts
            for w in line.wordings
        ],
        people=people,
        facets=names.count(session, permitted.selector, permitted.narrowed),
        encoder_version=run.encoder_version,
        index_version=index_version,
        weights=run.weights,
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
