"""Count a corpus and freeze what was counted, and tell when it is time to count anew."""

import logging
from collections.abc import Mapping

import numpy as np
from sqlalchemy.orm import Session

from matching import repository
from matching.derive import encode_missing
from matching.encoder import Encoder
from matching.passages import text_hash
from matching.search_index import SearchIndex
from matching.statistics import Statistics, VectorSum, freeze
from matching.terms import Frequencies, TermCounts, count_terms
from registry.errors import IndexFormatError
from registry.experts import repository as experts
from registry.programmes.service import example_texts

_log = logging.getLogger(__name__)

# Growth that alone is no reason to count anew.
FEW_PASSAGES = 50


def fitting_statistics(session: Session, encoder: Encoder) -> Statistics | None:
    """The newest frozen statistics, or None when it is time to count.

    That is when there are none, or when more than twice as many passages could be counted: what
    was counted over a beginning says little about what is there now. Only passages that count
    decide, so that nothing hidden can bring a new count about.
    """
    try:
        found = repository.find_statistics(session, encoder.version)
    except IndexFormatError:
        return None
    if found is None:
        return None
    counted = found.frequencies.passages
    if is_outgrown(counted, repository.count_public_passages(session)):
        _log.info("the public passages have outgrown the %d counted: counting anew", counted)
        return None
    return found


def is_outgrown(counted: int, countable: int) -> bool:
    """Whether so many passages could be counted now that what was counted says little of them."""
    return countable > 2 * counted + FEW_PASSAGES or (counted == 0 and countable > 0)


def still_fit(session: Session, index: SearchIndex) -> bool:
    """Whether `fitting_statistics` would answer with those that the index was built under.

    Asked after every change, so that the passages are counted in the database only when the
    rows of the index, leads' among them, are many enough that it could matter.
    """
    if repository.newest_statistics(session, index.statistics.encoder_version) != (
        index.statistics.version
    ):
        return False
    counted = index.statistics.frequencies.passages
    if not is_outgrown(counted, int(index.alive.sum())):
        return True
    return not is_outgrown(counted, repository.count_public_passages(session))


def freeze_statistics(session: Session, encoder: Encoder) -> Statistics:
    """Count what everybody may find, and freeze the result under a new version.

    Passages of leads, of people who paused or withdrew, and restricted ones count nothing: no
    score that somebody sees may tell of them.
    """
    sums: dict[str, VectorSum] = {}
    counted: list[TermCounts] = []
    for expert_ids in experts.iterate_ids(session):
        for passage, vector in repository.load_public_passages(
            session, encoder.version, expert_ids
        ):
            before = sums.get(passage.language, VectorSum(np.zeros(encoder.dimension), 0))
            sums[passage.language] = VectorSum(before.total + vector, before.count + 1)
            counted.append(count_terms(passage.body))
    passages_of, queries_of = reference_sums(session, encoder)
    statistics = freeze(encoder.version, sums, passages_of, queries_of, Frequencies.of(counted))
    repository.add_statistics(session, statistics)
    return statistics


def reference_sums(
    session: Session, encoder: Encoder
) -> tuple[dict[str, VectorSum], dict[str, VectorSum]]:
    """Vectors of the texts that come with the program, as passages and as queries, per language.

    They are encoded once and stored like all others.
    """
    as_passages, as_queries = {}, {}
    for language, texts in example_texts().items():
        bodies = {text_hash(body): body for body in texts}
        encode_missing(session, encoder.version, bodies, encoder.encode_passages)
        as_passages[language] = _stored_sum(session, encoder, bodies)
        # A key of its own: as a query, the same text has another vector.
        bodies = {text_hash(f"query {body}"): body for body in texts}
        encode_missing(session, encoder.version, bodies, encoder.encode_queries)
        as_queries[language] = _stored_sum(session, encoder, bodies)
    return as_passages, as_queries


def _stored_sum(session: Session, encoder: Encoder, bodies: Mapping[str, str]) -> VectorSum:
    vectors = repository.get_vectors(session, encoder.version, list(bodies))
    return VectorSum(np.sum(list(vectors.values()), axis=0, dtype=np.float64), len(vectors))
