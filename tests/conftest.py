"""One real PostgreSQL for the whole run, a migrated template in it, a cheap copy for each test."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import NullPool, create_engine, text
from sqlalchemy.orm import Session

from ingest.demo.generator import generate
from ingest.load import load_whole
from matching.counting import reference_sums
from matching.derive import derive_all
from matching.encoder import Encoder, load_encoder
from matching.engine import Engine
from matching.follow import IndexFolder, open_index
from matching.scoring import Weights, calibrate
from matching.tones import ToneRestorer
from registry.access.policy import LOCAL_STEWARD
from registry.config import Settings
from registry.db import Database
from registry.db import make_engine as connect
from registry.experts.schemas import PersonDraft
from registry.postgres import SERVICE, EmbeddedServer, connect_url, release, start_embedded
from registry.programmes.service import load_example_programmes
from registry.schema import migrate
from registry.taxonomy.service import load_taxonomies
from registry.vault.master import MasterKey, MasterKeys
from tests.factories import NOW

# In memory where possible: a test run has nothing that must survive a power cut.
FAST = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


# Any 32 bytes serve; those of the run itself, so that no key of a test is ever used elsewhere.
MASTERS = MasterKeys((MasterKey("test", os.urandom(32)),))


def open_as_service(server: EmbeddedServer, name: str) -> Database:
    """A database of the server, worked on by the role without rights over the tables."""
    owner = create_engine(connect_url(server, name), poolclass=NullPool)
    return Database(connect(connect_url(server, name, SERVICE)), MASTERS, owner)


@pytest.fixture(scope="session")
def scratch() -> Iterator[Path]:
    """A folder that the database server's account may pass through; pytest's own are closed."""
    folder = Path(tempfile.mkdtemp(prefix="registry-tests-", dir=FAST))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def server(scratch: Path, encoder: Encoder) -> Iterator[EmbeddedServer]:
    """The embedded server, with `template_registry`: migrated, taxonomies, example programmes."""
    started = start_embedded(scratch / "postgres")
    _command(started, "CREATE DATABASE template_registry")
    template = open_as_service(started, "template_registry")
    migrate(template)
    with template.session() as session:
        load_taxonomies(session)
        load_example_programmes(session)
        # Encoded once here, and then in every copy.
        reference_sums(session, encoder)
    template.close()
    yield started
    release(started)


def _command(server: EmbeddedServer, command: str) -> None:
    engine = create_engine(connect_url(server, "postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(command))
    engine.dispose()


@pytest.fixture(scope="session")
def make_database(server: EmbeddedServer) -> Iterator[Callable[[str], Database]]:
    """Copies of the template by name; each caller drops none, the server ends with the run."""
    made: list[Database] = []

    def make(name: str) -> Database:
        _command(server, f'CREATE DATABASE "{name}" TEMPLATE template_registry')
        made.append(open_as_service(server, name))
        return made[-1]

    yield make
    for database in made:
        database.close()


@pytest.fixture
def database(
    make_database: Callable[[str], Database], server: EmbeddedServer, request: pytest.FixtureRequest
) -> Iterator[Database]:
    """A database of this test's own, as the template is."""
    name = f"t{abs(hash(request.node.nodeid)):x}"[:40]
    copy = make_database(name)
    yield copy
    copy.close()
    _command(server, f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    """A session on the test's own database."""
    with database.session() as opened:
        yield opened


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings that keep everything in the test's own folder."""
    return Settings(data_folder=tmp_path / "data", allowed_hosts="testserver,127.0.0.1")


@pytest.fixture(scope="session")
def models_folder() -> Path:
    """A folder that outlives the run, so that only the first run writes the model out."""
    default = Path(__file__).parent.parent / ".make" / "test-cache"
    return Path(os.environ.get("REGISTRY_TEST_CACHE", default)) / "models"


@pytest.fixture(scope="session")
def encoder(models_folder: Path) -> Encoder:
    """The real bundled model, loaded once per run."""
    return load_encoder("bundled", models_folder)


@pytest.fixture
def make_engine(
    encoder: Encoder, tmp_path: Path
) -> Iterator[Callable[[Database, list[PersonDraft]], Engine]]:
    """An engine over the given people, with indexes in a folder of the test's own."""
    made: list[Engine] = []

    def make(database: Database, people: list[PersonDraft]) -> Engine:
        load_whole(database, LOCAL_STEWARD, people, NOW)
        derive_all(database, encoder)
        made.append(attach(database, encoder, tmp_path / "index"))
        return made[-1]

    yield make
    for engine in made:
        engine.close()


def attach(database: Database, encoder: Encoder, folder: Path) -> Engine:
    """An engine as another process would open it on the same database."""
    slot = IndexFolder(folder)
    index = open_index(database, encoder, slot)
    return Engine(
        database,
        encoder,
        ToneRestorer.bundled(),
        slot,
        index,
        calibrate(Weights(), encoder.version),
    )


@pytest.fixture(scope="session")
def invented_engine(
    make_database: Callable[[str], Database], encoder: Encoder, scratch: Path
) -> Iterator[Engine]:
    """Forty invented people, for tests that only read."""
    database = make_database("invented")
    load_whole(database, LOCAL_STEWARD, [p.draft for p in generate(40)], NOW)
    derive_all(database, encoder)
    engine = attach(database, encoder, scratch / "invented-index")
    yield engine
    engine.close()
