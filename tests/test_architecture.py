"""Import directions, and completeness of the tables that map errors and settings."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from registry import errors
from registry.cli import EXIT_CODES, app
from registry.config import Settings

ROOT = Path(__file__).parent.parent
# What assembles the rooms may import all of them.
ASSEMBLY = (
    "registry/app.py",
    "registry/cli.py",
    "registry/jobs.py",
    "registry/console.py",
    "registry/commands/",
)
PURE = {
    "ingest/identity/blocking.py",
    "ingest/identity/evidence.py",
    "ingest/legacy/charsets.py",
    "ingest/legacy/recognise.py",
    "ingest/legacy/syllables.py",
    "ingest/own/achievements.py",
    "ingest/own/bibtex.py",
    "ingest/own/careers.py",
    "ingest/own/citations.py",
    "ingest/own/cited.py",
    "ingest/own/cv.py",
    "ingest/own/education.py",
    "ingest/own/entries.py",
    "ingest/own/headings.py",
    "ingest/own/items.py",
    "ingest/own/json_resume.py",
    "ingest/own/latex.py",
    "ingest/own/pdf_pages.py",
    "ingest/own/periods.py",
    "ingest/own/personal.py",
    "ingest/own/places.py",
    "ingest/own/reading.py",
    "ingest/own/resume_form.py",
    "ingest/own/ris.py",
    "ingest/own/tongues.py",
    "ingest/own/word_lines.py",
    "ingest/own/wording.py",
    "registry/access/fresh.py",
    "registry/names/compare.py",
    "registry/names/frequencies.py",
    "registry/names/keys.py",
    "registry/names/tokens.py",
    "matching/exact.py",
    "matching/explanation.py",
    "matching/facts.py",
    "matching/growing.py",
    "matching/passages.py",
    "matching/people_columns.py",
    "matching/scoring.py",
    "matching/statistics.py",
    "matching/terms.py",
    "registry/access/agents.py",
    "registry/access/claim_texts.py",
    "registry/access/contest_rules.py",
    "registry/access/paths.py",
    "registry/access/policy.py",
    "registry/access/throttle.py",
    "registry/access/words.py",
    "registry/dates.py",
    "registry/experts/choosing.py",
    "registry/experts/filters.py",
    "registry/experts/freshness.py",
    "registry/experts/life.py",
    "registry/experts/parties.py",
    "registry/experts/proofs.py",
    "registry/experts/rules.py",
    "registry/experts/schemas.py",
    "registry/experts/value_forms.py",
    "registry/experts/values.py",
    "registry/field_versions.py",
    "registry/identity/graph.py",
    "registry/names/parse.py",
    "registry/rights/consent_rules.py",
    "registry/rights/retention_rules.py",
    "registry/text.py",
}
IMPURE = {"sqlalchemy", "sqlmodel", "fastapi", "httpx", "time", "random", "socket", "requests"}
# Heavy or fragile libraries live behind one module each.
ONE_HOME = {
    "bibtexparser": "ingest/own/bibtex.py",
    "docx": "ingest/own/word_lines.py",
    "pylatexenc": "ingest/own/latex.py",
    "pypdf": "ingest/own/pdf_pages.py",
    "rispy": "ingest/own/ris.py",
    "duckdb": "ingest/identity/linking.py",
    "faiss": "matching/faiss_index.py",
    "tantivy": "matching/text_index.py",
    "sentence_transformers": "matching/sentence_transformer_encoder.py",
    "torch": "matching/sentence_transformer_encoder.py",
}


def _modules() -> Iterator[tuple[str, set[str]]]:
    for room in ("registry", "matching", "ingest"):
        for path in sorted((ROOT / room).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            if "/versions/" in name:
                continue
            yield name, _imports(path)


def _imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


def _rooms(imports: set[str]) -> set[str]:
    return {name.split(".")[0] for name in imports} & {"registry", "matching", "ingest"}


@pytest.mark.parametrize(("name", "imports"), [pytest.param(n, i, id=n) for n, i in _modules()])
def test_imports_point_one_way(name: str, imports: set[str]) -> None:
    if name.startswith(ASSEMBLY):
        return
    allowed = {"registry"} | ({name.split("/")[0]})

    assert _rooms(imports) <= allowed
    assert not any(i in {"registry.app", "registry.cli"} for i in imports)


@pytest.mark.parametrize("name", sorted(PURE))
def test_pure_modules_know_no_session_clock_or_network(name: str) -> None:
    roots = {i.split(".")[0] for i in _imports(ROOT / name)}

    assert not roots & IMPURE


@pytest.mark.parametrize(("library", "home"), sorted(ONE_HOME.items()))
def test_a_heavy_library_is_imported_in_one_module(library: str, home: str) -> None:
    users = {name for name, imports in _modules() if library in {i.split(".")[0] for i in imports}}

    assert users == {home}


def _error_classes(base: type[errors.RegistryError]) -> Iterator[type[errors.RegistryError]]:
    for child in base.__subclasses__():
        yield child
        yield from _error_classes(child)


def test_every_error_has_an_exit_code_and_a_code_of_its_own() -> None:
    classes = list(_error_classes(errors.RegistryError))

    assert set(classes) <= set(EXIT_CODES)
    assert len({c.code for c in classes}) == len(classes)
    assert len(set(EXIT_CODES.values())) == len(EXIT_CODES)


def test_every_setting_and_command_is_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")

    for name, field in Settings.model_fields.items():
        variable = field.validation_alias or f"REGISTRY_{name.upper()}"
        assert f"`{variable}`" in readme, variable
    for name in _commands():
        assert f"registry {name}" in readme, name


def _commands() -> Iterator[str]:
    for name, command in typer.main.get_command(app).commands.items():  # type: ignore[attr-defined]
        inner = getattr(command, "commands", None)
        yield from (f"{name} {each}" for each in inner) if inner else (name,)
