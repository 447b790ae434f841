"""Make passages of changed people and encode what has no vector yet: the writing half.

Each chunk is one transaction, so a kill loses at most the chunk under way, and what is done is
never done again: a text's vector is kept under encoder version and text hash.
"""

from collections.abc import Callable, Mapping, Sequence
from uuid import UUID

from sqlalchemy.orm import Session

from matching import repository
from matching.encoder import Encoder, FloatMatrix
from matching.passages import PassageDraft, StatementText, passages_of
from registry.access.policy import audience_key
from registry.db import DERIVE_LOCK, Database, exclusive
from registry.experts import change_log
from registry.experts import repository as experts

# Small enough that a kill loses seconds of encoding, large enough to batch texts by length.
CHUNK = 32


def derive_all(
    database: Database,
    encoder: Encoder,
    on_progress: Callable[[int, int], None] | None = None,
    since: str | None = None,
) -> str:
    """Bring passages and vectors of people up to their statements.

    Args:
        on_progress: Called with (people done, people in all).
        since: Look only at people who changed after this position; None looks at everybody.

    Returns:
        The position up to which everything is done, for the next call.

    Raises:
        BusyError: Another process is at it.
    """
    with exclusive(database.engine, DERIVE_LOCK, "the encoding of passages"):
        with database.session() as session:
            position = change_log.snapshot(session)
            changed = None if since is None else change_log.changed_since(session, since)
            stale = repository.stale_experts(session, encoder.version, changed)
        done, seen = 0, position
        while stale:
            chunk, stale = stale[:CHUNK], stale[CHUNK:]
            with database.session() as session:
                derive(session, encoder, chunk)
            done += len(chunk)
            if on_progress is not None:
                on_progress(done, done + len(stale))
            # Somebody's edit must not wait for the thousands of an import: newest first.
            with database.session() as session:
                after, seen = seen, change_log.snapshot(session)
                changed = change_log.changed_since(session, after)
                first = repository.stale_experts(session, encoder.version, changed)
            stale = [*first, *(e for e in stale if e not in set(first))] if first else stale
    return position


def derive(session: Session, encoder: Encoder, expert_ids: Sequence[UUID]) -> None:
    """Make the passages of some people anew and encode their new texts."""
    position = change_log.snapshot(session)
    current = experts.list_current(session, expert_ids)
    drafts: dict[UUID, list[PassageDraft]] = {}
    for expert_id, statements in current.items():
        drafts[expert_id] = passages_of(
            StatementText(
                s.id,
                s.property,
                s.value,
                s.source,
                s.verification,
                audience_key(s.visibility, s.named_bodies),
                s.evidence_url,
                s.started_on,
                s.ended_on,
            )
            for s in statements
            # What the person says is not his speaks for nobody.
            if s.judgement != "rejected"
        )
    bodies = {p.text_hash: p.body for passages in drafts.values() for p in passages}
    encode_missing(session, encoder.version, bodies, encoder.encode_passages)
    repository.replace_passages(session, drafts, encoder.version, position)


def encode_missing(
    session: Session,
    encoder_version: str,
    bodies: Mapping[str, str],
    encode: Callable[[Sequence[str]], FloatMatrix],
) -> None:
    """Encode and store those of the texts (by hash) that have no vector under this encoder."""
    known = repository.known_vectors(session, encoder_version, list(bodies))
    missing = [key for key in bodies if key not in known]
    vectors = encode([bodies[key] for key in missing])
    repository.add_vectors(session, encoder_version, missing, vectors)
