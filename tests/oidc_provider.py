"""A stand-in OpenID provider with keys of its own: strict where a real one is, and quick to upset.

Nothing listens anywhere: `transport(provider, ...)` goes into an `httpx.Client`, and
`StandInProvider.sign_in_at` is the person who follows the link and agrees.
"""

import base64
import hashlib
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any
from urllib.parse import parse_qs, parse_qsl, unquote_plus, urlencode, urlsplit

import httpx
from joserfc import jwt
from joserfc.jwk import ECKey, Key, RSAKey

from registry.access.oidc import Provider

REDIRECT_URI = "https://registry.example/sign-in/back"
# Well formed, and below the range that ORCID gives out: nobody's.
ORCID = "0000-0000-0000-0001"

Answer = Callable[[httpx.Request], httpx.Response]


@cache
def signing_key(algorithm: str, number: int) -> Key:
    """A private key; making one is slow, so all tests of a run share them."""
    parameters: Any = {"kid": f"key-{number}", "use": "sig", "alg": algorithm}
    if algorithm.startswith("ES"):
        curve: Any = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521"}[algorithm]
        return ECKey.generate_key(curve, parameters)
    return RSAKey.generate_key(2048, parameters)


def reply(
    document: object, status: int = 200, headers: Mapping[str, str] | None = None
) -> httpx.Response:
    """A JSON answer as it comes from a network: unread, under whatever type `headers` say."""
    content = json.dumps(document).encode()
    return raw_reply(content, status, {"content-type": "application/json", **(headers or {})})


def raw_reply(
    content: bytes, status: int = 200, headers: Mapping[str, str] | None = None
) -> httpx.Response:
    """Any answer, its body still to be read."""
    return httpx.Response(status, headers=headers, stream=httpx.ByteStream(content))


@dataclass
class _Grant:
    """What a code stands for until it is redeemed."""

    redirect_uri: str
    challenge: str
    nonce: str


@dataclass
class StandInProvider:
    """One provider; tests change its fields to make it err.

    Args:
        user: Claims about the one person who has an account there.
        userinfo: Claims that it tells only at the UserInfo endpoint.
        token_reply: Fields added to the reply of the token endpoint.
        discovery, claims: Changes to the discovery document and to ID tokens; None drops a key.
        instead: Another answer for a path; the answer as it would be is `answer(request)`.
        sign: Another way to make an ID token of its claims.
        asked: Paths that were asked for, in order.
    """

    name: str = "ministry"
    label: str = "Bộ Thử nghiệm"
    issuer: str = "https://sso.ministry.example"
    client_id: str = "registry-client"
    client_secret: str = "a/secret+with=signs and spaces"
    scopes: tuple[str, ...] = ("openid", "email", "profile")
    redirect_uris: set[str] = field(default_factory=lambda: {REDIRECT_URI})
    auth_methods: tuple[str, ...] = ("client_secret_basic", "client_secret_post")
    algorithm: str = "RS256"
    now: datetime = datetime(2026, 3, 2, 8, tzinfo=UTC)
    user: dict[str, object] = field(
        default_factory=lambda: {
            "sub": "staff-17",
            "name": "Lê Thị Thử",
            "email": "thu@ministry.example",
            "email_verified": True,
        }
    )
    userinfo: dict[str, object] = field(default_factory=dict)
    token_reply: dict[str, object] = field(default_factory=dict)
    discovery: dict[str, object] = field(default_factory=dict)
    claims: dict[str, object] = field(default_factory=dict)
    instead: dict[str, Answer] = field(default_factory=dict)
    sign: Callable[[dict[str, object]], str] | None = None
    asked: list[str] = field(default_factory=list)
    key_number: int = 1
    _grants: dict[str, _Grant] = field(default_factory=dict, init=False)
    _access_tokens: set[str] = field(default_factory=set, init=False)

    @classmethod
    def orcid(cls) -> "StandInProvider":
        """As ORCID does it: the iD as subject, the name beside the ID token, no e-mail."""
        return cls(
            name="orcid",
            label="ORCID",
            issuer="https://orcid.org",
            client_id="APP-0000000000000000",
            scopes=("openid",),
            auth_methods=("client_secret_post",),
            user={"sub": ORCID},
            token_reply={"orcid": ORCID, "name": "Thử Lê"},
        )

    @property
    def provider(self) -> Provider:
        """How the service's settings describe this provider."""
        return Provider(
            self.name, self.label, self.issuer, self.client_id, self.client_secret, self.scopes
        )

    @property
    def key(self) -> Key:
        return signing_key(self.algorithm, self.key_number)

    def rotate_key(self) -> None:
        """Sign with a new key from now on, and publish no other."""
        self.key_number += 1

    def sign_in_at(self, url: str) -> str:
        """Play the person: follow an authorization URL, agree, and be sent back.

        Returns:
            The redirect URL, with `code` and `state`.

        Raises:
            ValueError: The provider would show its own error page: it sends nobody back to a
                client or an address that it does not know, nor without a PKCE challenge.
        """
        query = dict(parse_qsl(urlsplit(url).query, strict_parsing=True))
        if url.partition("?")[0] != self._endpoint("authorize"):
            raise ValueError("this is not the authorization endpoint")
        if query["client_id"] != self.client_id or query["redirect_uri"] not in self.redirect_uris:
            raise ValueError("unknown client or redirect address")
        if query["response_type"] != "code" or "openid" not in query["scope"].split():
            raise ValueError("only the code flow of OpenID Connect is offered")
        if query["code_challenge_method"] != "S256":
            raise ValueError("PKCE with S256 is demanded")
        code = secrets.token_urlsafe(16)
        self._grants[code] = _Grant(query["redirect_uri"], query["code_challenge"], query["nonce"])
        return query["redirect_uri"] + "?" + urlencode({"code": code, "state": query["state"]})

    def answer(self, request: httpx.Request) -> httpx.Response:
        """The answer of a provider that does all as it should."""
        match request.method, request.url.path:
            case "GET", "/.well-known/openid-configuration":
                return reply(_changed(self._discovery(), self.discovery))
            case "GET", "/jwks":
                return reply({"keys": [self.key.as_dict(private=False)]})
            case "POST", "/token":
                return self._token(request)
            case "GET", "/userinfo":
                return self._userinfo(request)
        return reply({"error": "not_found"}, 404)

    def handle(self, request: httpx.Request) -> httpx.Response:
        """The answer with all the faults that a test has put in."""
        self.asked.append(request.url.path)
        return self.instead.get(request.url.path, self.answer)(request)

    def id_token(self, claims: dict[str, object]) -> str:
        """Claims, signed with the current key."""
        header = {"alg": self.algorithm, "kid": self.key.kid}
        return jwt.encode(header, dict(claims), self.key, algorithms=[self.algorithm])

    def _endpoint(self, name: str) -> str:
        return f"{self.issuer}/{name}"

    def _discovery(self) -> dict[str, object]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": self._endpoint("authorize"),
            "token_endpoint": self._endpoint("token"),
            "jwks_uri": self._endpoint("jwks"),
            "userinfo_endpoint": self._endpoint("userinfo"),
            "token_endpoint_auth_methods_supported": list(self.auth_methods),
            "code_challenge_methods_supported": ["S256"],
        }

    def _token(self, request: httpx.Request) -> httpx.Response:
        form = {key: values[0] for key, values in parse_qs(request.content.decode()).items()}
        if self._client_of(request, form) != (self.client_id, self.client_secret):
            return reply({"error": "invalid_client"}, 401)
        grant = self._grants.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        proof = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if (
            grant is None
            or form.get("grant_type") != "authorization_code"
            or grant.redirect_uri != form.get("redirect_uri")
            or grant.challenge != proof
        ):
            return reply({"error": "invalid_grant", "error_description": "no such code"}, 400)
        access_token = secrets.token_urlsafe(16)
        self._access_tokens.add(access_token)
        claims = _changed(self._claims(grant.nonce), self.claims)
        signed = (self.sign or self.id_token)(claims)
        fields = {"access_token": access_token, "token_type": "Bearer", "id_token": signed}
        return reply(_changed(fields, self.token_reply), headers={"cache-control": "no-store"})

    def _client_of(
        self, request: httpx.Request, form: dict[str, str]
    ) -> tuple[str | None, str | None]:
        scheme, _, login = request.headers.get("authorization", "").partition(" ")
        if scheme == "Basic" and "client_secret_basic" in self.auth_methods:
            client_id, _, secret = base64.b64decode(login).decode().partition(":")
            return unquote_plus(client_id), unquote_plus(secret)
        if "client_secret_post" in self.auth_methods:
            return form.get("client_id"), form.get("client_secret")
        return None, None

    def _userinfo(self, request: httpx.Request) -> httpx.Response:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme != "Bearer" or token not in self._access_tokens:
            return reply({"error": "invalid_token"}, 401)
        return reply({**self.user, **self.userinfo})

    def _claims(self, nonce: str) -> dict[str, object]:
        seconds = int(self.now.timestamp())
        about = {"iss": self.issuer, "aud": self.client_id, "nonce": nonce}
        return {**about, "iat": seconds, "exp": seconds + 300, **self.user}


def transport(*providers: StandInProvider) -> httpx.MockTransport:
    """A network in which these providers answer, and nobody else does."""
    by_origin = {str(httpx.URL(p.issuer).copy_with(path="/")): p for p in providers}

    def handle(request: httpx.Request) -> httpx.Response:
        found = by_origin.get(str(request.url.copy_with(path="/", query=None)))
        if found is None:
            raise httpx.ConnectError("no such host", request=request)
        return found.handle(request)

    return httpx.MockTransport(handle)


def _changed(document: Mapping[str, object], changes: Mapping[str, object]) -> dict[str, object]:
    return {k: v for k, v in {**document, **changes}.items() if v is not None}
