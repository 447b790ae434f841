"""Sign-in through OpenID Connect: any ministry's provider, and ORCID for experts.

The authorization code flow with PKCE (S256), state and nonce. Nothing here is stored: the caller
keeps what `OIDCClient.begin` made in the browser's own pre-session, compares the state with
`is_same_secret` when the browser comes back, uses it up, and then calls `OIDCClient.finish`.

Sources: OpenID Connect Core 1.0 and Discovery 1.0; RFC 6749; RFC 7636 (PKCE); RFC 9700 (attacks).
"""

import hashlib
import hmac
import logging
import re
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Final
from urllib.parse import quote_plus

import httpx
from joserfc.jwk import KeySet
from joserfc.util import urlsafe_b64encode
from pydantic import AfterValidator, ConfigDict, Field, TypeAdapter, ValidationError

from registry.access.oidc_tokens import (
    Claims,
    Discovered,
    Expected,
    RefusedError,
    UnknownKeyError,
    check_address,
    identify,
    identify_orcid,
    read_discovery,
    read_id_token,
    read_json,
    read_key_set,
)
from registry.access.oidc_tokens import ExternalIdentity as ExternalIdentity
from registry.errors import InvalidInputError, SignInFailedError

# Long enough to spare the provider, short enough that a withdrawn key is soon out of use.
CACHED_FOR: Final = timedelta(minutes=10)
TIMEOUT_SECONDS: Final = 10.0
MAX_REPLY_BYTES: Final = 1_000_000

_HEADER_TEXT: Final = re.compile("[!-~]+")
_log = logging.getLogger(__name__)


class Scheme(StrEnum):
    """What a provider's subject is."""

    ORCID = "orcid"
    OIDC = "oidc"


def _issuer(text: str) -> str:
    check_address(text)
    if "?" in text:
        raise ValueError("must have no ?")
    return text


_Text = Annotated[str, Field(min_length=1, max_length=500, pattern=r"\S")]


@dataclass(frozen=True)
class Provider:
    """An OpenID provider that people may sign in with.

    Args:
        name: Part of addresses and of the stored identity, so it never changes: [a-z0-9-]+.
        label: What the button says.
        issuer: Exactly as the provider's own discovery document and ID tokens write it.
        scopes: `openid` is one of them.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    name: Annotated[str, Field(pattern=r"^[a-z0-9-]+$", max_length=50)]
    label: _Text
    issuer: Annotated[str, AfterValidator(_issuer)]
    client_id: _Text
    client_secret: _Text = field(repr=False)
    scopes: tuple[Annotated[str, Field(pattern=r"^[!#-\[\]-~]+$")], ...]

    @property
    def scheme(self) -> Scheme:
        return Scheme.ORCID if self.name == "orcid" else Scheme.OIDC


_PROVIDERS: Final = TypeAdapter(tuple[Provider, ...], config=ConfigDict(hide_input_in_errors=True))


def parse_providers(text: str) -> tuple[Provider, ...]:
    """The providers of a settings text: a JSON list of objects with the fields of `Provider`.

    Raises:
        InvalidInputError: Says which entry (from 1) and which key is wrong; quotes no value, since
            one of them is a secret.
    """
    try:
        providers = _PROVIDERS.validate_json(text)
    except ValidationError as exc:
        first = exc.errors(include_url=False, include_context=False, include_input=False)[0]
        where = [f"entry {p + 1}" if isinstance(p, int) else f"key {p}" for p in first["loc"]]
        problem = first["msg"].removeprefix("Value error, ")
        raise InvalidInputError(": ".join(["identity providers", *where, problem])) from exc
    for number, provider in enumerate(providers):
        entry = f"identity providers: entry {number + 1}"
        if provider.name in {earlier.name for earlier in providers[:number]}:
            raise InvalidInputError(f"{entry}: key name: another entry has this name already")
        if "openid" not in provider.scopes:
            raise InvalidInputError(f"{entry}: key scopes: openid must be one of them")
    return providers


@dataclass(frozen=True)
class Begun:
    """A sign-in under way: send the browser to `url`; keep the rest for when it comes back."""

    url: str = field(repr=False)
    state: str = field(repr=False)
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)


def is_same_secret(kept: str, given: str) -> bool:
    """Whether two states are equal, in a time that does not tell how far they agree."""
    return hmac.compare_digest(kept.encode(), given.encode("utf-8", "replace"))


class OIDCClient:
    """Talks to providers; one for the whole service, usable from several threads.

    Args:
        http: Redirects and timeouts set on it are overruled here. It keeps cookies, so it should
            serve nothing else.
        elapsed: Seconds of a clock that never goes back, for the time that one reply may take.
    """

    def __init__(self, http: httpx.Client, elapsed: Callable[[], float] = time.monotonic) -> None:
        self._http = http
        self._elapsed = elapsed
        self._discovered: dict[str, tuple[datetime, Discovered]] = {}
        self._keys: dict[str, tuple[datetime, KeySet]] = {}

    def begin(self, provider: Provider, redirect_uri: str, now: datetime) -> Begun:
        """Start a sign-in, with a state, nonce and PKCE verifier that nobody can guess.

        Raises:
            SignInFailedError: The provider's discovery document cannot be had or is not its own.
        """
        with _told_as_failed_sign_in(provider):
            endpoint = self._discover(provider, now).authorization_endpoint
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        challenge = urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode()
        url = httpx.URL(endpoint).copy_merge_params(
            {
                "response_type": "code",
                "client_id": provider.client_id,
                "redirect_uri": redirect_uri,
                "scope": " ".join(provider.scopes),
                "state": state,
                "nonce": nonce,
                "code_challenge": challenge,
                "code_challenge_method": "S256",
            }
        )
        return Begun(str(url), state, nonce, verifier)

    def finish(
        self,
        provider: Provider,
        redirect_uri: str,
        begun_nonce: str,
        verifier: str,
        code: str,
        now: datetime,
    ) -> ExternalIdentity:
        """Turn the code that the browser brought back into a checked identity.

        Args:
            redirect_uri: The very one that `begin` was given.
            begun_nonce, verifier: Of the `Begun` whose state came back, and of no other.

        Raises:
            SignInFailedError: The provider refused or did not answer, or its answer was not
                believed. The reason is logged, without anything that the provider sent.
        """
        with _told_as_failed_sign_in(provider):
            found = self._discover(provider, now)
            reply = self._redeem(provider, found, redirect_uri, verifier, code)
            claims = self._read(provider, found, reply.get("id_token"), begun_nonce, now)
            if provider.scheme is Scheme.ORCID:
                return identify_orcid(provider.name, claims, reply)
            userinfo = self._userinfo(provider, found, claims, reply.get("access_token"))
            return identify(provider.name, claims, userinfo)

    def _discover(self, provider: Provider, now: datetime) -> Discovered:
        kept = self._discovered.get(provider.issuer)
        if kept and _is_fresh(kept[0], now):
            return kept[1]
        url = provider.issuer.rstrip("/") + "/.well-known/openid-configuration"
        found = read_discovery(provider.issuer, self._fetch("GET", url, "discovery"))
        self._discovered[provider.issuer] = (now, found)
        return found

    def _key_set(self, url: str, now: datetime, *, anew: bool) -> KeySet:
        kept = self._keys.get(url)
        if kept and not anew and _is_fresh(kept[0], now):
            return kept[1]
        keys = read_key_set(self._fetch("GET", url, "the key document"))
        self._keys[url] = (now, keys)
        return keys

    def _redeem(
        self, provider: Provider, found: Discovered, redirect_uri: str, verifier: str, code: str
    ) -> Claims:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": verifier,
        }
        login = None
        if found.takes_secret_in_form:
            form |= {"client_id": provider.client_id, "client_secret": provider.client_secret}
        else:
            # Both parts are form-encoded before they are joined (RFC 6749, section 2.3.1).
            login = (quote_plus(provider.client_id), quote_plus(provider.client_secret))
        url = found.token_endpoint
        return self._fetch("POST", url, "the token endpoint", data=form, auth=login)

    def _read(
        self, provider: Provider, found: Discovered, token: object, nonce: str, now: datetime
    ) -> Claims:
        if not isinstance(token, str):
            raise RefusedError("the token reply holds no ID token")
        expected = Expected(provider.issuer, provider.client_id, nonce, now)
        try:
            return read_id_token(token, self._key_set(found.jwks_uri, now, anew=False), expected)
        except UnknownKeyError:
            return read_id_token(token, self._key_set(found.jwks_uri, now, anew=True), expected)

    def _userinfo(
        self, provider: Provider, found: Discovered, claims: Claims, access_token: object
    ) -> Claims:
        # In this flow a provider may leave the claims of a scope out of the ID token and tell
        # them only here (OpenID Connect Core 1.0, section 5.4).
        promised = {"email": "email", "profile": "name"}
        missing = [c for s, c in promised.items() if s in provider.scopes and not claims.get(c)]
        if not missing or not found.userinfo_endpoint:
            return {}
        if not isinstance(access_token, str) or not _HEADER_TEXT.fullmatch(access_token):
            raise RefusedError("the token reply holds no access token that could be used")
        login = {"Authorization": f"Bearer {access_token}"}
        return self._fetch("GET", found.userinfo_endpoint, "UserInfo", headers=login)

    def _fetch(self, method: str, url: str, what: str, **request: Any) -> Claims:
        # Bytes are counted as they arrive: a compressed reply could unpack to any size.
        headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
        headers |= request.pop("headers", {})
        options: dict[str, Any] = {"follow_redirects": False, "timeout": TIMEOUT_SECONDS}
        until = self._elapsed() + TIMEOUT_SECONDS
        body = bytearray()
        try:
            with self._http.stream(method, url, headers=headers, **options, **request) as reply:
                if reply.status_code != 200:
                    raise RefusedError(f"{what} answered with status {reply.status_code}")
                for chunk in reply.iter_raw():
                    body += chunk
                    if len(body) > MAX_REPLY_BYTES:
                        raise RefusedError(f"the reply of {what} is too large")
                    if self._elapsed() > until:
                        raise RefusedError(f"the reply of {what} takes too long")
        except (httpx.HTTPError, UnicodeError) as exc:  # The latter for a host like a..vn.
            raise RefusedError(f"{what} does not answer ({type(exc).__name__})") from exc
        return read_json(bytes(body), what)


@contextmanager
def _told_as_failed_sign_in(provider: Provider) -> Iterator[None]:
    try:
        yield
    except RefusedError as exc:
        _log.warning("sign-in through %s failed: %s", provider.name, exc)
        raise SignInFailedError(
            f"signing in through {provider.label} did not succeed; try again, and if it fails "
            "again, ask the operator of this service"
        ) from exc


def _is_fresh(fetched_at: datetime, now: datetime) -> bool:
    return timedelta(0) <= now - fetched_at < CACHED_FOR
