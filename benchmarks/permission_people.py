"""A registry of invented people under realistic permissions, most of their vectors drawn.

Texts are the generator's and go through the product's own loading and derivation. To encode
those of 100,000 people would take hours, so only the first people are encoded. A Gaussian
mixture for each language is fitted to their vectors, and every other text gets a vector drawn
from it, always the same one for the same text. Drawn vectors cost a search what encoded ones
cost; whom it finds by them means nothing.
"""

import shutil
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from random import Random
from time import perf_counter
from typing import Any

import numpy as np
from rich.console import Console
from sklearn.mixture import GaussianMixture
from sqlalchemy import select, text, update
from sqlmodel import col

from ingest.demo.generator import generate
from ingest.load import load_stream
from matching import repository
from matching.derive import derive_all
from matching.encoder import Encoder, FloatMatrix, load_encoder
from matching.engine import Engine, open_engine
from matching.passages import text_hash
from registry.access.policy import LOCAL_STEWARD, Actor, Role
from registry.config import Settings, default_data_folder
from registry.db import Database, open_database
from registry.experts import repository as experts
from registry.experts.models import Expert, ExpertSource
from registry.experts.schemas import Life, PersonDraft, StatementDraft, Visibility
from registry.schema import migrate
from registry.taxonomy.service import load_taxonomies

NOW = datetime(2026, 11, 1, tzinfo=UTC)
BODIES = ("most", "moh", "moet", "moit", "mae", "mic", "vast", "vass")
RECRUITER = Actor("recruiter:benchmark", frozenset({Role.RECRUITER}), body=BODIES[0])
ENCODED_PEOPLE = 600
_COMPONENTS = 64
# Of whom the registry consists: state, whether open to some bodies only, whether restricted.
_PEOPLE = (
    (0.40, Life.CLAIMED, False, False),
    (0.30, Life.VERIFIED, False, False),
    (0.10, Life.CLAIMED, True, False),
    (0.12, Life.LEAD, False, False),
    (0.03, Life.INVITED, False, False),
    (0.02, Life.PAUSED, False, False),
    (0.01, Life.WITHDRAWN, False, False),
    (0.02, Life.CLAIMED, False, True),
)
_LEVELS: Mapping[Visibility, float] = {
    Visibility.PUBLIC: 0.80,
    Visibility.BODIES: 0.08,
    Visibility.NAMED_BODIES: 0.05,
    Visibility.COUNCIL: 0.03,
    Visibility.STEWARDS: 0.02,
    Visibility.SELF: 0.02,
}

_err = Console(stderr=True, width=140)


@contextmanager
def open_registry(people: int) -> Iterator[tuple[Database, Engine, dict[str, float]]]:
    """Load so many people into a temporary folder and open the indexes.

    Returns:
        Database, engine, and how many seconds each step took.
    """
    folder = Path(tempfile.mkdtemp(prefix="registry-bench-", dir="/var/tmp"))
    folder.chmod(0o711)
    try:
        written = default_data_folder() / "models"
        if written.is_dir():
            shutil.copytree(written, folder / "models")
        # Whatever database the environment names is left alone.
        settings = Settings(data_folder=folder).model_copy(update={"database_url": None})
        database = open_database(settings)
        try:
            seconds = _fill(settings, database, people)
            began = perf_counter()
            engine = open_engine(settings, database, lambda name, d, n: _say(name, d, n))
            seconds["index"] = perf_counter() - began
            try:
                yield database, engine, seconds
            finally:
                engine.close()
        finally:
            database.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def say(message: str) -> None:
    """Tell what is going on, beside the results."""
    _err.print(message, style="dim")


def _say(name: str, done: int, total: int) -> None:
    # Steps report every few people; ten lines of each are enough.
    if done == total or done % max(total // 10, 1) < 100:
        say(f"{name}: {done:,} of {total:,}")


def _fill(settings: Settings, database: Database, people: int) -> dict[str, float]:
    migrate(database)
    with database.session() as session:
        load_taxonomies(session)
    encoder = load_encoder(settings.model, settings.models_folder, say)
    first, wishes = min(ENCODED_PEOPLE, people), _Wishes()
    seconds: dict[str, float] = {}

    def timed(step: str, work: Callable[[], object]) -> None:
        began = perf_counter()
        work()
        seconds[step] = seconds.get(step, 0.0) + perf_counter() - began

    def load(start: int, count: int) -> None:
        invented = enumerate(generate(count, start=start), start)
        drafts = (_settled(number, person.draft, wishes) for number, person in invented)
        load_stream(database, LOCAL_STEWARD, drafts, NOW, lambda d: _say("load", start + d, people))

    timed("load", lambda: load(0, first))
    timed("encode", lambda: derive_all(database, encoder, lambda d, n: _say("encode", d, n)))
    drawing = DrawingEncoder(encoder, _fit(database, encoder))
    timed("load", lambda: load(first, people - first))
    timed("load", lambda: wishes.fulfil(database))
    timed("derive", lambda: derive_all(database, drawing, lambda d, n: _say("derive", d, n)))
    assert database.owner is not None
    with database.owner.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        # What the server does by itself some time after a load, done before anything is timed.
        connection.execute(text("VACUUM ANALYZE"))
    return seconds


@dataclass
class _Wishes:
    """What a load does not bring: whom people are open to, and whose data are only kept."""

    open_to: defaultdict[tuple[str, ...], list[str]] = field(
        default_factory=lambda: defaultdict(list)
    )
    restricted: list[str] = field(default_factory=list)

    def fulfil(self, database: Database) -> None:
        changes: list[tuple[dict[str, Any], list[str]]] = [
            ({"open_to": list(bodies)}, keys) for bodies, keys in self.open_to.items()
        ]
        with database.session() as session:
            for values, keys in [*changes, ({"restricted_at": NOW}, self.restricted)]:
                of_keys = select(col(ExpertSource.expert_id)).where(
                    col(ExpertSource.source_key).in_(keys)
                )
                session.execute(update(Expert).where(col(Expert.id).in_(of_keys)).values(values))


def _settled(number: int, draft: PersonDraft, wishes: _Wishes) -> PersonDraft:
    """A person in one of the states, with his statements spread over the levels."""
    rng = Random(f"permission:{number}")
    _, life, is_selective, is_restricted = rng.choices(_PEOPLE, [p[0] for p in _PEOPLE])[0]
    if is_selective:
        wishes.open_to[_some_bodies(rng)].append(draft.source_key)
    if is_restricted:
        wishes.restricted.append(draft.source_key)
    statements = [_shown(rng, statement) for statement in draft.statements]
    return draft.model_copy(update={"life": life, "statements": statements})


def _shown(rng: Random, statement: StatementDraft) -> StatementDraft:
    # Whose name is not public is in no list at all.
    if statement.visibility is not Visibility.PUBLIC or statement.property == "name":
        return statement
    level = rng.choices(list(_LEVELS), list(_LEVELS.values()))[0]
    named = list(_some_bodies(rng)) if level is Visibility.NAMED_BODIES else []
    return statement.model_copy(update={"visibility": level, "named_bodies": named})


def _some_bodies(rng: Random) -> tuple[str, ...]:
    return tuple(sorted(rng.sample(BODIES, rng.randint(1, 3))))


class DrawingEncoder:
    """An encoder that draws the vector of a passage from a mixture, and encodes queries."""

    def __init__(self, encoder: Encoder, mixtures: Mapping[str, GaussianMixture]) -> None:
        self.version, self.dimension = encoder.version, encoder.dimension
        self._encoder, self._mixtures = encoder, mixtures

    def encode_queries(self, texts: Sequence[str]) -> FloatMatrix:
        return self._encoder.encode_queries(texts)

    def encode_passages(
        self, texts: Sequence[str], on_progress: Callable[[int], None] | None = None
    ) -> FloatMatrix:
        drawn = np.empty((len(texts), self.dimension), dtype=np.float32)
        for row, body in enumerate(texts):
            rng = np.random.default_rng(int(text_hash(body)[:16], 16))
            mixture = self._mixtures[_rough_language(body)]
            component = rng.choice(len(mixture.weights_), p=mixture.weights_)
            noise = rng.standard_normal(self.dimension)
            vector = mixture.means_[component] + noise * np.sqrt(mixture.covariances_[component])
            drawn[row] = vector / np.linalg.norm(vector)
        return drawn


def _rough_language(body: str) -> str:
    # Telling languages apart properly would cost more than all else in drawing.
    return "vi" if sum(ord(letter) > 127 for letter in body) > len(body) / 20 else "en"


def _fit(database: Database, encoder: Encoder) -> dict[str, GaussianMixture]:
    """A mixture for each language, of the vectors that were encoded."""
    found: dict[str, list[FloatMatrix]] = {"vi": [], "en": []}
    with database.session() as session:
        ids = list(chain.from_iterable(experts.iterate_ids(session)))
        for passage, vector in repository.load_passages(session, encoder.version, ids):
            found[_rough_language(passage.body)].append(vector)
    mixtures = {}
    for language, vectors in found.items():
        count = min(_COMPONENTS, len(vectors) // 5)
        mixture = GaussianMixture(count, covariance_type="diag", reg_covar=1e-5, random_state=1)
        mixtures[language] = mixture.fit(np.stack(vectors))
        say(f"{count} components fitted to {len(vectors):,} encoded vectors ({language})")
    return mixtures
