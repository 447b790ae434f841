"""The web service: assembles pages, JSON API, database, engine and worker."""

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager
from datetime import UTC, datetime
from importlib.resources import files
from time import monotonic

import httpx
from fastapi import APIRouter, FastAPI
from starlette.staticfiles import StaticFiles

from ingest.own import api as own_files_api
from ingest.own import pages as own_files_pages
from ingest.runs import api as imports_api
from ingest.runs import pages as imports_pages
from ingest.runs.worker import ImportWorker
from matching import api as matching_api
from matching import pages as matching_pages
from matching.engine import Engine, open_engine
from registry.access import (
    account_pages,
    admin_api,
    admin_pages,
    body_pages,
    claims_api,
    claims_desk,
    claims_pages,
    delegations_api,
    delegations_pages,
    leaving_pages,
    link_pages,
    outside_pages,
)
from registry.access import api as account_api
from registry.access import pages as access_pages
from registry.access.oidc import OIDCClient, parse_providers
from registry.audit import api as audit_api
from registry.audit import pages as audit_pages
from registry.config import Settings
from registry.daily import DailyWorker
from registry.db import Database, open_database
from registry.experts import api as experts_api
from registry.experts import (
    changes_api,
    changes_pages,
    desk_pages,
    editing_api,
    kept_pages,
    life_pages,
    lists_api,
    lists_pages,
    seen_api,
    seen_pages,
)
from registry.experts import pages as experts_pages
from registry.experts.upkeep import seal_old_records
from registry.jobs import looking
from registry.programmes import api as programmes_api
from registry.programmes import pages as programmes_pages
from registry.rights import api as rights_api
from registry.rights import (
    breaches_api,
    consideration_pages,
    considerations_api,
    data_pages,
    office_pages,
    own_api,
    own_pages,
    paper_pages,
)
from registry.rights import desk_pages as rights_pages
from registry.rights.upkeep import keep_promises
from registry.schema import migrate
from registry.taxonomy import api as taxonomy_api
from registry.taxonomy import service as taxonomy
from registry.web import errors
from registry.web.cookies import is_secure
from registry.web.middleware import Guard
from registry.web.openapi import describe
from registry.worker import ChangeWorker

_log = logging.getLogger(__name__)

# A line in the log so often while something long runs.
_LOG_EVERY_SECONDS = 5.0


def create_app(
    settings: Settings,
    database: Database | None = None,
    engine: Engine | None = None,
    oidc: OIDCClient | None = None,
) -> FastAPI:
    """The application.

    Args:
        database: An open one, with its schema up to date; it stays the caller's to close. None
            opens, migrates and closes the one that the settings name.
        engine: The same for the engine; it must be of the same database.
        oidc: What talks to identity providers; None makes one.
    """

    outside = httpx.Client()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        # Nothing is served before this is done, so blocking the loop here delays nobody.
        with ExitStack() as stack:
            stack.callback(outside.close)
            opened = database or _open_database(settings, stack)
            followed = engine or _open_engine(settings, opened, stack)
            app.state.database, app.state.engine = opened, followed
            worker = ChangeWorker(opened.engine, followed.derive, followed.catch_up, opened.revive)
            worker.start()
            stack.callback(worker.stop)
            app.state.daily = DailyWorker(looking(settings, opened, followed))
            app.state.daily.start()
            stack.callback(app.state.daily.stop)
            imports = ImportWorker(opened, settings)
            imports.start()
            stack.callback(imports.stop)
            yield

    app = FastAPI(
        title="Registry of Vietnamese experts",
        summary="Experts, strategic-technology programmes, and who fits what, with the evidence.",
        lifespan=lifespan,
        openapi_url="/api/v1/openapi.json",
        # The generated documentation pages load scripts from other hosts.
        docs_url=None,
        redoc_url=None,
    )
    app.openapi = lambda: describe(app)  # type: ignore[method-assign]
    app.state.settings = settings
    app.state.database, app.state.engine = database, engine
    # Nothing is done on schedule before the application is started.
    app.state.daily = None
    app.state.providers = parse_providers(settings.identity_providers or "[]")
    app.state.oidc = oidc or OIDCClient(outside)
    api = APIRouter(prefix="/api/v1")
    for part in (
        account_api,
        admin_api,
        claims_api,
        delegations_api,
        seen_api,
        audit_api,
        matching_api,
        lists_api,
        own_api,
        rights_api,
        considerations_api,
        breaches_api,
        experts_api,
        editing_api,
        own_files_api,
        imports_api,
        changes_api,
        programmes_api,
        taxonomy_api,
    ):
        api.include_router(part.router)
    app.include_router(api)
    app.include_router(matching_api.probes)
    for pages in (
        access_pages,
        account_pages,
        leaving_pages,
        admin_pages,
        body_pages,
        own_pages,
        data_pages,
        rights_pages,
        paper_pages,
        office_pages,
        consideration_pages,
        link_pages,
        outside_pages,
        claims_pages,
        claims_desk,
        delegations_pages,
        life_pages,
        seen_pages,
        audit_pages,
        matching_pages,
        lists_pages,
        desk_pages,
        own_files_pages,
        imports_pages,
        kept_pages,
        changes_pages,
        experts_pages,
        programmes_pages,
    ):
        app.include_router(pages.router)
    app.mount("/static", StaticFiles(directory=str(files("registry.web").joinpath("static"))))
    errors.install(app)
    hosts = {name.strip().lower() for name in settings.allowed_hosts.split(",")} | {settings.host}
    app.add_middleware(Guard, allowed_hosts=frozenset(hosts), is_secure=is_secure(settings))
    return app


def _open_database(settings: Settings, stack: ExitStack) -> Database:
    database = open_database(settings, _log.info)
    stack.callback(database.close)
    migrate(database)
    seal_old_records(database, _log.info)
    keep_promises(database, settings.data_folder, datetime.now(UTC), _log.info)
    with database.session() as session:
        if not taxonomy.is_loaded(session):
            _log.info("loading taxonomies")
            taxonomy.load_taxonomies(session)
    return database


def _open_engine(settings: Settings, database: Database, stack: ExitStack) -> Engine:
    engine = open_engine(settings, database, _progress_log())
    stack.callback(engine.close)
    return engine


def _progress_log() -> Callable[[str, int, int], None]:
    logged_at = monotonic()

    def report(step: str, done: int, total: int) -> None:
        nonlocal logged_at
        if done >= total or monotonic() - logged_at > _LOG_EVERY_SECONDS:
            _log.info("%s: %d of %d", step, done, total)
            logged_at = monotonic()

    return report
