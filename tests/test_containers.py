"""The container files by form and content; nothing is built or run."""

import fnmatch
import json
import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from registry.cli import app
from registry.config import Settings

ROOT = Path(__file__).parent.parent
COMPOSE_TEXT = (ROOT / "docker-compose.yml").read_text("utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load(COMPOSE_TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
# One list of (instruction, rest) with continued lines joined and comments left out.
DOCKERFILE = [
    (line.split(maxsplit=1)[0], line.split(maxsplit=1)[1])
    for line in re.sub(
        r"\\\n", " ", re.sub(r"(?m)^#.*\n", "", (ROOT / "Dockerfile").read_text("utf-8"))
    ).splitlines()
    if line.strip()
]
README = (ROOT / "docs/deployment/README.md").read_text("utf-8")

ALLOWED_FOLDERS = {"registry", "matching", "ingest", "tests", "docs", "benchmarks", ".ci"}
SETTINGS = {
    str(field.validation_alias or f"REGISTRY_{name.upper()}")
    for name, field in Settings.model_fields.items()
}
# Read by libpq and uvicorn, not by the service's own settings.
OF_LIBRARIES = {"PGPASSWORD", "FORWARDED_ALLOW_IPS"}
ONE_SHOT = {"migrate"}


def last(instruction: str) -> str:
    """What the last such instruction of the Dockerfile says."""
    return [rest for name, rest in DOCKERFILE if name == instruction][-1]


def built_here(service: dict[str, Any]) -> bool:
    return "build" in service


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_is_checked_limited_and_closed(name: str) -> None:
    service = SERVICES[name]

    if name in ONE_SHOT:
        assert service["restart"] == "no"
    else:
        # The Dockerfile brings the health check of what is built from it.
        assert "test" in service.get("healthcheck", {}) or (
            built_here(service) and "/health" in last("HEALTHCHECK")
        )
        assert service["restart"] == "unless-stopped"
    assert set(service["deploy"]["resources"]["limits"]) == {"cpus", "memory"}
    assert service["init"]
    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]


def test_images_are_pinned() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    bases = [rest.split(" AS ")[0] for name, rest in DOCKERFILE if name == "FROM"]

    for image in [*bases, *(service["image"] for service in SERVICES.values())]:
        assert re.fullmatch(r"[\w/-]+:\d[\w.-]+", image), image
    assert {s["image"] for s in SERVICES.values() if built_here(s)} == {
        f"expert-registry:{version}"
    }
    assert SERVICES["backup"]["image"] == SERVICES["database"]["image"]


def test_no_secret_is_written_down_or_has_a_default() -> None:
    for service in SERVICES.values():
        for variable, value in service["environment"].items():
            if "PASSWORD" in variable:
                assert re.fullmatch(r"\$\{POSTGRES_\w*PASSWORD:\?[^}]+\}", value), variable
            assert not re.search(r"://[^/@]*:[^/@]*@", str(value)), variable
    assert not any("PASSWORD" in rest or "SECRET" in rest for _, rest in DOCKERFILE)


def test_only_the_proxy_is_reached_from_outside() -> None:
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["proxy"]
    open_networks = {
        name for name, network in COMPOSE["networks"].items() if not (network or {}).get("internal")
    }
    for name, service in SERVICES.items():
        assert bool(open_networks & set(service["networks"])) == (name == "proxy"), name
    assert SERVICES["database"]["networks"] == ["back"]
    assert "back" not in SERVICES["proxy"]["networks"]


def test_secrets_are_demanded_and_the_web_processes_do_not_own_the_tables() -> None:
    web, migrate = SERVICES["web"]["environment"], SERVICES["migrate"]["environment"]

    assert web["REGISTRY_ENVIRONMENT"] == "production"
    assert web["REGISTRY_SECRET_KEYS"].startswith("${REGISTRY_SECRET_KEYS:?")
    assert "//registry_service@" in web["DATABASE_URL"]
    assert not any(name.startswith("REGISTRY_OWNER") for name in web)
    assert "//registry@" in migrate["REGISTRY_OWNER_URL"]


def test_the_schema_is_brought_up_to_date_before_others_use_it() -> None:
    for name in ("web", "backup"):
        condition = SERVICES[name]["depends_on"]["migrate"]["condition"]
        assert condition == "service_completed_successfully"
    assert SERVICES["migrate"]["depends_on"]["database"]["condition"] == "service_healthy"


def test_volumes_and_mounted_files_exist() -> None:
    named = set()
    for service in SERVICES.values():
        for mount in service.get("volumes", []):
            source = mount.split(":")[0]
            if source.startswith("./"):
                assert (ROOT / source).is_file(), source
                assert mount.endswith(":ro")
            else:
                named.add(source)

    assert named == set(COMPOSE["volumes"])
    # Images of PostgreSQL 18 keep their data one folder higher than older ones.
    assert "database:/var/lib/postgresql" in SERVICES["database"]["volumes"]


def test_variables_are_settings_or_known() -> None:
    for name, service in SERVICES.items():
        variables = set(service["environment"])
        if built_here(service):
            assert variables <= SETTINGS | OF_LIBRARIES, name
            assert "DATABASE_URL" in variables
        elif name != "proxy":
            assert all(v.startswith(("POSTGRES_", "PG", "BACKUP_")) for v in variables), name
    for instruction, rest in DOCKERFILE:
        if instruction == "ENV":
            assert set(re.findall(r"\b(REGISTRY_\w+)=", rest)) <= SETTINGS
    caddy = (ROOT / "docs/deployment/Caddyfile").read_text("utf-8")
    assert set(re.findall(r"\{\$(\w+)", caddy)) == set(SERVICES["proxy"]["environment"])
    for variable in re.findall(r"\$\{(\w+)", COMPOSE_TEXT):
        assert f"`{variable}`" in README, variable


def _commands() -> list[list[str]]:
    composed = [s["command"] for s in SERVICES.values() if built_here(s) and "command" in s]
    described = [line.split() for line in re.findall(r"compose run --rm web (.+)", README)]
    return [json.loads(last("CMD").strip()), *composed, *described]


@pytest.mark.parametrize("arguments", _commands(), ids=" ".join)
def test_commands_and_their_options_exist(arguments: list[str]) -> None:
    result = CliRunner().invoke(app, [*arguments, "--help"])

    assert result.exit_code == 0, result.output


def test_torch_is_the_processor_build_and_comes_before_the_project() -> None:
    runs = [rest for name, rest in DOCKERFILE if name == "RUN"]
    makefile = (ROOT / "Makefile").read_text("utf-8")
    [torch] = [i for i, run in enumerate(runs) if "torch==2.13.0" in run]
    constrained = [i for i, run in enumerate(runs) if "-c constraints.txt" in run]

    assert "--index-url https://download.pytorch.org/whl/cpu" in runs[torch]
    assert "torch==2.13.0" in makefile
    assert torch < min(constrained)
    assert any("-e ." in runs[i] for i in constrained)


def test_the_image_serves_as_a_fixed_user_with_the_model_inside() -> None:
    runs = [rest for name, rest in DOCKERFILE if name == "RUN"]

    assert re.fullmatch(r"[1-9]\d+:[1-9]\d+", last("USER"))
    assert any("load_encoder" in run for run in runs)
    models = Settings(data_folder=Path("/srv/registry")).models_folder
    assert ("COPY", f"--from=build {models} {models}") in DOCKERFILE
    index = Settings(data_folder=Path("/srv/registry")).index_folder
    assert last("VOLUME") == str(index)
    assert f"index:{index}" in SERVICES["web"]["volumes"]
    assert json.loads(last("CMD"))[:3] == ["serve", "--host", "0.0.0.0"]


def test_what_is_copied_exists_and_passes_dockerignore() -> None:
    rules = [
        line
        for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines()
        if line and not line.startswith("#")
    ]
    sources = [
        source
        for name, rest in DOCKERFILE
        if name == "COPY" and "--from" not in rest
        for source in rest.split()[:-1]
    ]

    assert {"registry", "matching", "ingest"} <= set(sources)
    assert rules[0] == "*"
    for source in sources:
        assert (ROOT / source).exists(), source
        assert f"!{source}" in rules


@pytest.mark.parametrize("url", ["", "postgresql://registry@database/registry"])
def test_the_entrypoint_demands_a_database(tmp_path: Path, url: str) -> None:
    command = tmp_path / "registry"
    command.write_text('#!/bin/sh\nprintf "%s|" "$@"\n')
    command.chmod(0o755)

    result = subprocess.run(
        [*json.loads(last("ENTRYPOINT")), "serve", "--host", "a b"],
        env={"PATH": f"{tmp_path}:/usr/bin:/bin", "DATABASE_URL": url},
        capture_output=True,
        text=True,
        check=False,
    )

    assert result.stdout == ("serve|--host|a b|" if url else "")
    assert (result.returncode == 0) == bool(url)
    assert ("DATABASE_URL" in result.stderr) != bool(url)


def test_the_shell_script_can_be_read() -> None:
    script = ROOT / "docs/deployment/backup.sh"

    assert subprocess.run(["/bin/sh", "-n", str(script)], check=False).returncode == 0


def test_the_repository_has_only_the_agreed_folders() -> None:
    ignored = [
        line.strip("/") for line in (ROOT / ".gitignore").read_text("utf-8").splitlines() if line
    ]
    folders = {
        path.name
        for path in ROOT.iterdir()
        if path.is_dir()
        and path.name != ".git"
        and not any(fnmatch.fnmatch(path.name, pattern) for pattern in ignored)
    }

    assert folders <= ALLOWED_FOLDERS
