"""Accounts at the command line: links, roles and tokens that work, and clear refusals."""

import base64
import os
import re
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from registry import cli
from registry.access import links, sessions
from registry.access.policy import permissions_of
from registry.config import Settings
from registry.db import open_database
from registry.errors import NotSignedInError

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def folder(scratch: Path) -> Path:
    """A data folder that the commands of this module share."""
    made = scratch / "access-commands"
    made.mkdir()
    made.chmod(0o711)
    return made


@pytest.fixture
def run(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run `registry access ...` in this process: exit code, output, messages."""

    def call(*arguments: str, **environment: str) -> tuple[int, str, str]:
        monkeypatch.setenv("REGISTRY_DATA_FOLDER", str(folder))
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(sys, "argv", ["registry", "access", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    return call


def _purpose(folder: Path, said: str) -> str:
    """What the link that was printed is good for now."""
    found = re.search(r"http://127\.0\.0\.1:8000/l/([\w.-]+)", said)
    assert found is not None, said
    database = open_database(Settings(data_folder=folder))
    try:
        with database.session() as session:
            return links.open_link(session, found[1], datetime.now(UTC)).purpose
    finally:
        database.close()


def _permissions(folder: Path, token: str) -> frozenset[str]:
    database = open_database(Settings(data_folder=folder))
    try:
        with database.session() as session:
            actor = sessions.actor_of_token(session, token, datetime.now(UTC))
            return permissions_of(actor)
    finally:
        database.close()


def test_from_a_body_to_a_token_and_back(run: Run, folder: Path) -> None:
    assert run("create-body", "moh", "--vi", "Bộ Y tế", "--en", "Ministry of Health")[0] == 0
    assert "moh  Bộ Y tế / Ministry of Health" in run("list-bodies")[1]
    invited = run("invite", "an.tran", "--name", "Trần An", "--role", "recruiter", "--body", "moh")
    assert _purpose(folder, invited[1]) == "join"
    assert run("grant-role", "an.tran", "steward")[0] == 0
    assert "an.tran  Trần An  [recruiter of moh, steward]" in run("list-accounts")[1]

    _, made, _ = run("create-token", "--for", "an.tran", "--scope", "expert:search")
    token = made.splitlines()[0]

    assert _permissions(folder, token) == {"expert:search"}
    assert run("revoke-token", token)[0] == 0
    with pytest.raises(NotSignedInError):
        _permissions(folder, token)
    _, made, _ = run("create-token", "--for", "an.tran", "--scope", "expert:search", "--days", "1")
    assert "1 sessions and tokens" in run("end-sessions", "an.tran")[1]
    assert run("end-role", "an.tran", "steward")[0] == 0
    assert "[recruiter of moh]" in run("list-accounts")[1]


def test_a_password_link_and_one_that_turns_codes_off(run: Run, folder: Path) -> None:
    run("invite", "binh.le", "--name", "Lê Bình")

    assert _purpose(folder, run("link", "binh.le")[1]) == "password"
    assert _purpose(folder, run("link", "BINH.LE", "--drop-codes")[1]) == "recovery"


def test_a_closed_account_leaves_the_list(run: Run) -> None:
    run("invite", "chi.vu", "--name", "Vũ Chi")

    assert run("close", "chi.vu")[0] == 0
    assert "chi.vu" not in run("list-accounts")[1]
    assert "chi.vu  Vũ Chi  [no role]  (closed)" in run("list-accounts", "--closed")[1]


def test_each_demo_account_gets_a_fresh_link_each_time(run: Run, folder: Path) -> None:
    first, second = run("demo-accounts"), run("demo-accounts")

    tokens = [
        re.findall(r"(\w+) +http://127\.0\.0\.1:8000/l/([\w.-]+)", s[1]) for s in (first, second)
    ]
    assert [role for role, _ in tokens[0]] == [
        "recruiter",
        "secretary",
        "steward",
        "auditor",
        "administrator",
        "expert",
    ]
    assert _purpose(folder, second[1]) == "sign_in"
    assert not {token for _, token in tokens[0]} & {token for _, token in tokens[1]}
    assert "(invented)" in run("list-accounts")[1]


def test_demo_accounts_are_made_in_development_only(run: Run) -> None:
    key = f"now:{base64.b64encode(os.urandom(32)).decode()}"

    code, out, message = run(
        "demo-accounts", REGISTRY_ENVIRONMENT="production", REGISTRY_SECRET_KEYS=key
    )

    assert code == 2
    assert "development" in message
    assert "/l/" not in out


@pytest.mark.parametrize(
    ("arguments", "exit_code", "words"),
    [
        (("invite", "thử", "--name", "x"), 2, "sign-in name"),
        (("invite", "new.one", "--name", "x", "--role", "king"), 2, "role from the list"),
        (("invite", "new.one", "--name", "x", "--role", "recruiter"), 2, "work for a body"),
        (("create-body", "Bộ", "--vi", "x", "--en", "x"), 2, "code of a body"),
        (("grant-role", "nobody", "steward"), 4, "list-accounts"),
        (("link", "nobody"), 4, "list-accounts"),
        (("revoke-token", "vnx_secret-of-somebody"), 4, "no open token"),
        (("create-token", "--for", "nobody", "--scope", "expert:search"), 4, "list-accounts"),
        (("create-token", "--for", "x", "--scope", "y", "--days", "400"), 2, "--days"),
    ],
)
def test_wrong_input_gets_one_clear_message_and_its_exit_code(
    run: Run, arguments: tuple[str, ...], exit_code: int, words: str
) -> None:
    code, out, message = run(*arguments)

    assert code == exit_code
    assert words in message
    assert "Traceback" not in message
    assert "vnx_" not in message + out
