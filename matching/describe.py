"""Ranked people as an answer shows them: each line with passages, marked words, and state."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from matching import repository
from matching.explanation import QueryWords, mark
from matching.facts import FactState
from matching.models import Passage
from matching.queries import Wording
from matching.retrieval import ScoredPassage, ScoredPeople
from matching.schemas import EvidencePublic, LinePublic, PersonPublic, SegmentPublic
from matching.terms import Frequencies
from registry.access.policy import Selector
from registry.experts import repository as experts
from registry.experts.models import Expert, ExpertSummary

_SPARE = 20


@dataclass(frozen=True)
class MatchLine:
    """A line as it is matched: a text in its wordings, or a fact to check."""

    position: int
    kind: str
    weight: float
    text_vi: str
    text_en: str
    wordings: tuple[Wording, ...]
    fact: dict[str, Any] | None = None


@dataclass(frozen=True)
class Ranked:
    """A person's place in `ScoredPeople`, the score with the fact lines, and their states."""

    place: int
    expert_id: UUID
    score: float
    facts: dict[int, FactState]


def describe(
    session: Session,
    selector: Selector,
    lines: Sequence[MatchLine],
    scored: ScoredPeople,
    ranked: Sequence[Ranked],
    limit: int,
    frequencies: Frequencies,
    met: float | None,
) -> list[PersonPublic]:
    """People in their order, with the three best passages of each text line.

    The database is asked once more who may be shown: a withdrawal waits for no index. A few more
    are asked for than shown, so that those who left meanwhile leave no gap.

    Args:
        limit: How many to show.
        met: The passage score from which on a text line counts as met.
    """
    ranked = ranked[: limit + _SPARE]
    shown = experts.get_found(session, [r.expert_id for r in ranked], selector)
    ranked = [r for r in ranked if r.expert_id in shown][:limit]
    texts = [line for line in lines if line.fact is None]
    evidence = {
        (r.place, line.position): scored.evidence(r.place, number)
        for r in ranked
        for number, line in enumerate(texts)
    }
    wanted = list({passage.id for found in evidence.values() for passage in found})
    passages = repository.get_passages(session, wanted, selector)
    marked = {
        line.position: QueryWords.of(
            [(text, w.language) for w in line.wordings for text in w.readings], frequencies
        )
        for line in texts
    }
    people: list[PersonPublic] = []
    for row in ranked:
        line_scores = iter(scored.line_scores(row.place))
        described = []
        for line in lines:
            if line.fact is not None:
                described.append(_fact_line(line, row.facts[line.position]))
                continue
            best = [
                _evidence(passage, passages[passage.id], marked[line.position])
                for passage in evidence[row.place, line.position]
                if passage.id in passages
            ]
            described.append(_text_line(line, next(line_scores), best, met))
        people.append(_person(len(people) + 1, row.score, *shown[row.expert_id], described))
    return people


def _fact_line(line: MatchLine, state: FactState) -> LinePublic:
    return LinePublic(
        position=line.position,
        kind=line.kind,
        weight=line.weight,
        text_vi=line.text_vi,
        text_en=line.text_en,
        score=1.0 if state is FactState.MET else 0.0,
        state=state,
        evidence=[],
    )


def _evidence(scored: ScoredPassage, passage: Passage, marked: QueryWords) -> EvidencePublic:
    return EvidencePublic(
        passage_id=passage.id,
        kind=passage.kind,
        language=passage.language,
        segments=[
            SegmentPublic(text=s.text, is_match=s.is_match) for s in mark(passage.body, marked)
        ],
        source=passage.source,
        verification=passage.verification,
        dated_on=passage.dated_on,
        evidence_url=passage.evidence_url,
        score=scored.score,
        similarity=scored.similarity,
        coverage=scored.coverage,
    )


def _text_line(
    line: MatchLine, line_score: float, evidence: list[EvidencePublic], met: float | None
) -> LinePublic:
    best = max((e.score for e in evidence), default=0.0)
    return LinePublic(
        position=line.position,
        kind=line.kind,
        weight=line.weight,
        text_vi=line.text_vi,
        text_en=line.text_en,
        score=line_score,
        state=FactState.MET if met is not None and best >= met else FactState.NO_EVIDENCE,
        evidence=evidence,
    )


def _person(
    rank: int, total: float, expert: Expert, summary: ExpertSummary, lines: list[LinePublic]
) -> PersonPublic:
    return PersonPublic(
        rank=rank,
        expert_id=expert.id,
        display_name=summary.display_name,
        is_invented=expert.is_invented,
        life=expert.life,
        organisation=summary.organisation,
        role_vi=summary.role_vi,
        role_en=summary.role_en,
        country_code=summary.country_code,
        is_overseas=summary.is_overseas,
        degree=summary.degree,
        academic_rank=summary.rank,
        sector=summary.sector,
        groups=summary.groups,
        score=total,
        fits=all(line.state is FactState.MET for line in lines if line.kind == "must"),
        lines=lines,
    )
