"""All SQL of passages, vectors, statistics and runs."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import numpy as np
import numpy.typing as npt
from sqlalchemy import Select, case, delete, func, insert, select, text
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session
from sqlmodel import col

from matching.models import CorpusStatistics, Derivation, MatchRun, Passage, TextVector
from matching.passages import PassageDraft
from matching.statistics import Statistics, from_bytes, to_bytes
from registry.access.policy import Selector
from registry.errors import NotFoundError
from registry.experts.models import Expert, Statement
from registry.experts.schemas import Visibility
from registry.experts.visibility import said_to
from registry.ids import new_id
from registry.schema import database_identity

FloatMatrix = npt.NDArray[np.float32]


def cluster_id(session: Session) -> str:
    """Identity of the database: positions in its change log mean nothing in another."""
    return database_identity(session.connection())


def stale_experts(
    session: Session, encoder_version: str, among: Sequence[UUID] | None = None
) -> list[UUID]:
    """People whose passages were not made under this encoder, or made of older statements.

    Args:
        among: Look at these only; None looks at everybody.
    """
    rows = session.execute(
        text(
            "SELECT e.id FROM expert e LEFT JOIN derivation d "
            "ON d.expert_id = e.id AND d.encoder_version = :version "
            "WHERE e.life <> 'erased' "
            "AND (CAST(:among AS uuid[]) IS NULL OR e.id = ANY(CAST(:among AS uuid[]))) "
            "AND (d.expert_id IS NULL OR EXISTS ("
            "  SELECT 1 FROM change_log c WHERE c.expert_id = e.id AND c.topic = 'expert' "
            "  AND NOT pg_visible_in_snapshot(c.xid::text::xid8, CAST(d.position AS pg_snapshot))"
            ")) ORDER BY e.id"
        ),
        {"version": encoder_version, "among": None if among is None else list(among)},
    )
    return [row[0] for row in rows]


def known_vectors(session: Session, encoder_version: str, hashes: Sequence[str]) -> set[str]:
    """Those of the texts that have a vector under this encoder."""
    return set(
        session.scalars(
            select(col(TextVector.text_hash)).where(
                col(TextVector.encoder_version) == encoder_version,
                col(TextVector.text_hash).in_(list(hashes)),
            )
        )
    )


def get_vectors(
    session: Session, encoder_version: str, hashes: Sequence[str]
) -> dict[str, npt.NDArray[np.float32]]:
    """Stored vectors of texts, by hash."""
    rows = session.execute(
        select(col(TextVector.text_hash), func.halfvec_send(col(TextVector.vector))).where(
            col(TextVector.encoder_version) == encoder_version,
            col(TextVector.text_hash).in_(list(hashes)),
        )
    )
    return {row[0]: _read_vector(row[1]) for row in rows}


def add_vectors(
    session: Session, encoder_version: str, hashes: Sequence[str], vectors: FloatMatrix
) -> None:
    """Store vectors; a text that another process stored meanwhile is left as it is."""
    rows = [
        {"encoder_version": encoder_version, "text_hash": h, "vector": v}
        for h, v in zip(hashes, vectors, strict=True)
    ]
    if rows:
        session.execute(upsert(TextVector).on_conflict_do_nothing(), rows)


def replace_passages(
    session: Session,
    drafts: Mapping[UUID, Sequence[PassageDraft]],
    encoder_version: str,
    position: str,
) -> None:
    """Make the passages of these people anew, keeping the ids of those that did not change."""
    old: dict[UUID, dict[tuple[Any, ...], UUID]] = {key: {} for key in drafts}
    for row in session.scalars(select(Passage).where(col(Passage.expert_id).in_(list(drafts)))):
        old[row.expert_id][_content(row)] = row.id
    new: list[dict[str, Any]] = []
    for expert_id, passages in drafts.items():
        for draft in passages:
            if old[expert_id].pop(_content(draft), None) is None:
                new.append({"id": new_id(), "expert_id": expert_id, **vars(draft)})
    gone = [passage_id for left in old.values() for passage_id in left.values()]
    if gone:
        session.execute(delete(Passage).where(col(Passage.id).in_(gone)))
    if new:
        session.execute(insert(Passage), new)
    query = upsert(Derivation)
    session.execute(
        query.on_conflict_do_update(
            index_elements=["expert_id", "encoder_version"],
            set_={"position": query.excluded.position},
        ),
        [
            {"expert_id": key, "encoder_version": encoder_version, "position": position}
            for key in drafts
        ],
    )


def _content(row: Passage | PassageDraft) -> tuple[Any, ...]:
    return (
        row.statement_id,
        row.kind,
        row.language,
        row.text_hash,
        row.source,
        row.verification,
        row.dated_on,
        row.evidence_url,
        row.audience,
    )


# A passage counts only while its statement says what it was made of: not superseded, and as
# visible as then. Until it is made anew, a hidden or corrected statement is simply not there.
# The second condition is policy.audience_key in SQL.
_STILL_SAID = (
    col(Statement.superseded_at).is_(None),
    # Of a person whose profiles are parted or made one, that holds at once.
    col(Statement.expert_id) == col(Passage.expert_id),
    col(Statement.visibility)
    + case(
        (
            col(Statement.visibility) == Visibility.NAMED_BODIES.value,
            ":" + func.array_to_string(col(Statement.named_bodies), ","),
        ),
        else_="",
    )
    == col(Passage.audience),
)


def load_passages(
    session: Session, encoder_version: str, expert_ids: Sequence[UUID]
) -> list[tuple[Passage, npt.NDArray[np.float32]]]:
    """Passages of these people that have a vector, ordered by person and id."""
    rows = session.execute(_with_vectors(encoder_version, expert_ids))
    return [(passage, _read_vector(content)) for passage, content in rows]


def load_public_passages(
    session: Session, encoder_version: str, expert_ids: Sequence[UUID]
) -> list[tuple[Passage, npt.NDArray[np.float32]]]:
    """Those of `load_passages` that everybody may find: they alone are counted."""
    rows = session.execute(
        _with_vectors(encoder_version, expert_ids)
        .join(Expert, col(Expert.id) == col(Passage.expert_id))
        .where(*_COUNTED)
    )
    return [(passage, _read_vector(content)) for passage, content in rows]


# What everybody may find who may search at all: people who are open to all bodies.
_COUNTED = (
    col(Passage.audience) == "public",
    col(Expert.life).in_(["claimed", "verified"]),
    col(Expert.is_searchable).is_(True),
    col(Expert.restricted_at).is_(None),
    col(Expert.open_to).is_(None),
)


def _with_vectors(encoder_version: str, expert_ids: Sequence[UUID]) -> Select[tuple[Passage, Any]]:
    return (
        select(Passage, func.halfvec_send(col(TextVector.vector)))
        .join(TextVector, col(TextVector.text_hash) == col(Passage.text_hash))
        .join(Statement, col(Statement.id) == col(Passage.statement_id))
        .where(
            col(TextVector.encoder_version) == encoder_version,
            col(Passage.expert_id).in_(list(expert_ids)),
            *_STILL_SAID,
        )
        .order_by(col(Passage.expert_id), col(Passage.id))
    )


def count_public_passages(session: Session) -> int:
    """Number of passages that everybody may find."""
    query = (
        select(func.count())
        .select_from(Passage)
        .join(Expert, col(Expert.id) == col(Passage.expert_id))
        .where(*_COUNTED)
    )
    return session.scalar(query) or 0


def _read_vector(content: bytes) -> npt.NDArray[np.float32]:
    """A vector from pgvector's binary form: two 16-bit numbers, then big-endian half floats.

    As text, a vector costs fifty times the time to read.
    """
    return np.frombuffer(content, dtype=">f2", offset=4).astype(np.float32)


def add_statistics(session: Session, statistics: Statistics) -> None:
    """Freeze statistics under their version."""
    session.execute(
        upsert(CorpusStatistics).on_conflict_do_nothing(),
        [
            {
                "version": statistics.version,
                "encoder_version": statistics.encoder_version,
                "passage_count": statistics.frequencies.passages,
                "content": to_bytes(statistics),
            }
        ],
    )


def find_statistics(session: Session, encoder_version: str) -> Statistics | None:
    """The newest frozen statistics of an encoder."""
    version = newest_statistics(session, encoder_version)
    row = session.get(CorpusStatistics, version) if version else None
    return from_bytes(row.version, row.encoder_version, row.content) if row else None


def newest_statistics(session: Session, encoder_version: str) -> str | None:
    """The version of what `find_statistics` finds."""
    return session.scalar(
        select(col(CorpusStatistics.version))
        .where(col(CorpusStatistics.encoder_version) == encoder_version)
        .order_by(col(CorpusStatistics.frozen_at).desc(), col(CorpusStatistics.version))
        .limit(1)
    )


def get_passages(session: Session, ids: Sequence[UUID], selector: Selector) -> dict[UUID, Passage]:
    """Passages by id that the selector admits now; the others are missing."""
    found = session.scalars(
        select(Passage)
        .join(Statement, col(Statement.id) == col(Passage.statement_id))
        .where(col(Passage.id).in_(list(ids)), said_to(selector), *_STILL_SAID)
    )
    return {passage.id: passage for passage in found}


def list_restricted(session: Session, ids: Sequence[UUID]) -> list[UUID]:
    """Statements behind those of the passages that are not open to everybody."""
    return list(
        session.scalars(
            select(col(Passage.statement_id))
            .where(col(Passage.id).in_(list(ids)), col(Passage.audience) != "public")
            .distinct()
            .order_by(col(Passage.statement_id))
        )
    )


def add_run(session: Session, run: MatchRun) -> None:
    """Store a run."""
    session.add(run)
    session.flush()


def get_run(session: Session, run_id: UUID, actor: str) -> MatchRun:
    """One stored run of this actor.

    Raises:
        NotFoundError: There is none with this id, or it is somebody else's.
    """
    run = session.get(MatchRun, run_id)
    if run is None or run.actor != actor:
        raise NotFoundError(f"no match run with the id {run_id}")
    return run
