"""The page of the own account under way: what its routes are given, and how each of them ends."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse
from starlette.responses import Response

from registry.access import others, own, passwords, repository, totp, words
from registry.access.agents import agent_name
from registry.access.browsers import (
    BrowserDep,
    ProvidersDep,
    retry_headers,
    say,
    see_other,
    wait_minutes,
)
from registry.access.fresh import is_fresh
from registry.access.models import APIToken
from registry.access.policy import Actor, permissions_of
from registry.access.sessions import SignedIn
from registry.errors import (
    InvalidInputError,
    NotSignedInError,
    RegistryError,
    SignInFailedError,
    SignInTooOldError,
    TooManyAttemptsError,
)
from registry.web.deps import LanguageDep, NowDep, SessionDep, SignedInDep
from registry.web.errors import kind_of
from registry.web.labels import LABELS
from registry.web.language import Language
from registry.web.pages import link, render

TOKEN_DAYS = (7, 30, 90, 365)
# What a form is shown again for; anything else is an error page.
SHOWN = (InvalidInputError, SignInFailedError, SignInTooOldError, TooManyAttemptsError)


class Page:
    """The page under way: what all its routes are given, and how each of them ends."""

    def __init__(
        self,
        request: Request,
        session: SessionDep,
        signed_in: SignedInDep,
        language: LanguageDep,
        now: NowDep,
        browser: BrowserDep,
        providers: ProvidersDep,
    ) -> None:
        if signed_in is None:
            raise NotSignedInError("sign in first")
        self.request, self.session, self.now = request, session, now
        self.signed_in: SignedIn = signed_in
        self.language: Language = language
        self.browser, self.providers = browser, providers

    def act(
        self,
        part: str,
        done: str,
        act: Callable[[], object],
        typed: Mapping[str, str] | None = None,
        anchor: str = "",
    ) -> Response:
        """Do something, and go back to the page; or show it with what was wrong in that part.

        Args:
            part: Of the page; its form is shown again with `typed`.
            done: What the page says when it is done.
            anchor: Where on the page to go on, with '#'.
        """
        try:
            act()
        except SHOWN as exc:
            return self.show(part, exc, typed=typed)
        return see_other(link("/account", self.language, done=done) + anchor)

    def prove(self, password: str) -> Actor:
        """Who acts, after he has typed his password once more; see `own.prove`."""
        actor = self.signed_in.actor
        return own.prove(self.session, actor, password, self.browser, self.now)

    def show(
        self,
        part: str = "",
        error: RegistryError | None = None,
        status: int = 200,
        secret: str = "",
        typed: Mapping[str, str] | None = None,
    ) -> HTMLResponse:
        """The page.

        Args:
            error: What went wrong in `part`.
            secret: A token that was just made; it is shown this once.
        """
        account, actor = self.signed_in.account, self.signed_in.actor
        linked = repository.list_identities(self.session, account.id)
        context: dict[str, Any] = {
            "account": account,
            "session_id": self.signed_in.session_id,
            "sessions": [
                (row, agent_name(row.agent))
                for row in repository.list_sessions(self.session, account.id, self.now)
            ],
            "tokens": [
                (row, _token_state(row, self))
                for row in repository.list_tokens(self.session, account.id)
            ],
            "scopes": sorted(permissions_of(actor) - {"account:own"}),
            "token_days": TOKEN_DAYS,
            "labels": {each.name: each.label for each in self.providers},
            "identities": linked,
            "unlinked": [
                each for each in self.providers if each.name not in {i.provider for i in linked}
            ],
            "codes": "on" if totp.is_on(account) else "begun" if totp.is_begun(account) else "off",
            "seed": totp.seed_to_type(self.session, account) if totp.is_begun(account) else "",
            "fewest": passwords.MIN_CHARACTERS,
            "is_fresh": is_fresh(actor, self.now),
            "is_too_old": isinstance(error, SignInTooOldError),
            "others": others.list_acts(self.session, actor, self.now),
            "part": part,
            "problem": say(str(error), self.language) if error else "",
            "wait": wait_minutes(error) if error else 0,
            "done": "",
            "secret": secret,
            "typed": typed or {},
            **self._notices(),
        }
        shown = kind_of(error).status if error else status
        # A wrong password in a form of somebody who has signed in asks for no other sign-in.
        shown = 422 if shown == 401 else shown
        headers = retry_headers(error) if error else {}
        return render(self.request, "account.html", context, shown, headers)

    def _notices(self) -> dict[str, str]:
        found, asked = {}, self.request.query_params
        if self.request.method == "GET" and asked.get("done") in LABELS["account_done"]:
            found["done"] = asked["done"]
        if self.request.method == "GET" and asked.get("failed") in words.OUTSIDE:
            found = {
                "part": "providers",
                "problem": say(words.OUTSIDE[asked["failed"]], self.language),
            }
        return found


PageDep = Annotated[Page, Depends(Page, scope="function")]


def _token_state(row: APIToken, page: Page) -> str:
    if row.revoked_at is not None:
        return "revoked"
    return "expired" if row.expires_at <= page.now else "open"
