"""What an OpenID provider says of itself and of a person, believed only after it was checked.

Nothing here uses the network or the clock.

Sources: OpenID Connect Core 1.0 (with errata set 2), sections 2, 3.1.3.7, 5.1 and 5.3.2;
RFC 7515, RFC 7517 and RFC 7518 for signatures and keys.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import httpx
from joserfc import jwt
from joserfc.errors import ClaimError, InvalidKeyIdError, JoseError, UnsupportedAlgorithmError
from joserfc.jwk import JWKRegistry, Key, KeySet, RSAKey
from joserfc.jws import JWSRegistry

from registry.errors import InvalidInputError
from registry.ids import parse_orcid
from registry.text import clean

Claims = Mapping[str, Any]

# Only signatures that nobody but the provider can make: "none" and the HMAC family are left out.
ALGORITHMS: Final = (
    *("RS256", "RS384", "RS512"),
    *("PS256", "PS384", "PS512"),
    *("ES256", "ES384", "ES512"),
)
LEEWAY: Final = timedelta(seconds=60)

_EMAIL: Final = re.compile(r"[^\s@]+@[^\s@]+")


class _Signatures(JWSRegistry):
    # A header may carry a certificate chain (x5c), which the default of 512 bytes has no room for.
    max_header_length = 8_192


# Header fields that are not known are ignored, as RFC 7515, section 4 asks; "crit" still binds.
_SIGNATURES: Final = _Signatures(algorithms=ALGORITHMS, strict_check_header=False)


class RefusedError(Exception):
    """A provider's answer was not believed; the text names the reason and quotes nothing from it.

    For the log only. The person who signs in gets `SignInFailedError`, which never says which.
    """


class UnknownKeyError(RefusedError):
    """The signature names a key that is not among those at hand: they may have been rotated."""


@dataclass(frozen=True)
class ExternalIdentity:
    """Who somebody is at a provider.

    Args:
        provider: `Provider.name`; a subject means something only together with it.
        subject: The provider's lasting identifier, or the bare ORCID iD.
        name: As the provider writes it, order and marks kept.
        email_verified: The provider vouches for `email`; otherwise it proves nothing.
    """

    provider: str
    subject: str
    name: str | None
    email: str | None
    email_verified: bool


def check_address(text: object) -> httpx.URL:
    """A web address that secrets may be sent to: https, or http on this machine for trials.

    Raises:
        ValueError: Says what the address must be.
    """
    try:
        url = httpx.URL(text) if isinstance(text, str) else httpx.URL()
    except httpx.InvalidURL as exc:
        raise ValueError("must be a web address") from exc
    is_local = url.scheme == "http" and url.host in {"127.0.0.1", "localhost"}
    if not url.host or not (url.scheme == "https" or is_local):
        raise ValueError("must be an https address (http only on 127.0.0.1 or localhost)")
    if url.userinfo or "#" in str(text) or (url.port or 0) > 65_535:
        raise ValueError("must have no user name, no # and a possible port")
    return url


@dataclass(frozen=True)
class Discovered:
    """The parts of a provider's discovery document that this service uses."""

    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None
    takes_secret_in_form: bool


def read_discovery(issuer: str, document: Claims) -> Discovered:
    """The endpoints of a provider, from its discovery document.

    Raises:
        RefusedError: It is another issuer's document, or secrets cannot be sent where it says.
    """
    # Another issuer's document would bring that issuer's keys and endpoints with it.
    if document.get("issuer") != issuer:
        raise RefusedError("discovery names another issuer")

    def endpoint(key: str) -> str:
        try:
            url = check_address(document.get(key))
        except ValueError as exc:
            raise RefusedError(f"{key} of discovery {exc}") from exc
        # A provider elsewhere must not point this service at its own machine.
        if url.scheme == "http" and not issuer.startswith("http:"):
            raise RefusedError(f"{key} of discovery must be an https address")
        return str(document[key])

    # Basic is what a provider takes that says nothing (Discovery 1.0, section 3). Where the form
    # is offered it is used: providers disagree on how special characters of a secret go into
    # Basic, and ORCID documents the form alone.
    methods = document.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
    takes_form = isinstance(methods, list) and "client_secret_post" in methods
    if not takes_form and not (isinstance(methods, list) and "client_secret_basic" in methods):
        raise RefusedError("the provider takes neither client_secret_basic nor client_secret_post")
    has_userinfo = document.get("userinfo_endpoint") is not None
    return Discovered(
        authorization_endpoint=endpoint("authorization_endpoint"),
        token_endpoint=endpoint("token_endpoint"),
        jwks_uri=endpoint("jwks_uri"),
        userinfo_endpoint=endpoint("userinfo_endpoint") if has_userinfo else None,
        takes_secret_in_form=takes_form,
    )


def read_key_set(document: Claims) -> KeySet:
    """The keys of a JWKS document that can check a signature; others are passed over.

    A key of an unknown kind, a damaged one and one below the 2048 bits that RFC 7518, section 3.3
    demands must not keep the others from being used (RFC 7517, section 5).

    Raises:
        RefusedError: Not one key is left.
    """
    listed = document.get("keys")
    usable = map(_usable_key, listed if isinstance(listed, list) else [])
    keys = [key for key in usable if key is not None]
    if not keys:
        raise RefusedError("the key document holds no usable key")
    return KeySet(keys)


def _usable_key(data: object) -> Key | None:
    if not isinstance(data, dict) or data.get("use", "sig") != "sig":
        return None
    try:
        key = JWKRegistry.import_key(data)
    except (JoseError, ValueError, TypeError, KeyError):
        return None
    return None if isinstance(key, RSAKey) and key.raw_value.key_size < 2048 else key


def read_json(body: bytes, what: str) -> Claims:
    """The JSON object in a reply, whatever type its header gives it.

    Raises:
        RefusedError: It is none; `what` says whose reply it is.
    """
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as exc:
        raise RefusedError(f"the reply of {what} is not JSON") from exc
    if not isinstance(document, dict):
        raise RefusedError(f"the reply of {what} is not a JSON object")
    return document


@dataclass(frozen=True)
class Expected:
    """What an ID token must say: from whom, for which client and sign-in, and valid when."""

    issuer: str
    client_id: str
    nonce: str
    now: datetime


def read_id_token(text: str, keys: KeySet, expected: Expected) -> Claims:
    """The claims of an ID token, after signature, issuer, audience, times and nonce were checked.

    Raises:
        UnknownKeyError: No key of this name is in `keys`.
        RefusedError: Anything else is wrong.
    """
    try:
        claims = jwt.decode(text, keys, registry=_SIGNATURES).claims
    except InvalidKeyIdError as exc:
        raise UnknownKeyError("the ID token is signed with an unknown key") from exc
    except UnsupportedAlgorithmError as exc:
        raise RefusedError("the ID token is not signed by an accepted algorithm") from exc
    except (JoseError, ValueError, TypeError, RecursionError) as exc:
        raise RefusedError("the ID token is malformed or its signature is wrong") from exc
    rules = jwt.JWTClaimsRegistry(
        now=int(expected.now.timestamp()),
        leeway=int(LEEWAY.total_seconds()),
        iss={"essential": True, "value": expected.issuer},
        sub={"essential": True},
        aud={"essential": True, "value": expected.client_id},
        exp={"essential": True},
        iat={"essential": True},
        nonce={"essential": True, "value": expected.nonce},
    )
    try:
        rules.validate(claims)
    except ClaimError as exc:
        raise RefusedError(f"wrong or missing in the ID token: {exc.claim}") from exc
    is_shared = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    if (is_shared or "azp" in claims) and claims.get("azp") != expected.client_id:
        raise RefusedError("wrong or missing in the ID token: azp")
    return claims


def identify(provider: str, claims: Claims, userinfo: Claims) -> ExternalIdentity:
    """The person that checked claims are about.

    Args:
        claims: Of `read_id_token`.
        userinfo: Of the UserInfo endpoint, or empty; fills in what the ID token leaves out.

    Raises:
        RefusedError: The subject cannot be stored, or `userinfo` is about somebody else.
    """
    subject = claims["sub"]
    if not (len(subject) <= 255 and subject.isascii() and subject.isprintable()):
        raise RefusedError("the subject is not of 1 to 255 printable ASCII characters")
    if userinfo and userinfo.get("sub") != subject:
        raise RefusedError("the UserInfo answer is about another subject")
    # An address and the word that it was verified count only when they come from one answer.
    source = userinfo if claims.get("email") is None else claims
    email = _email(source.get("email"))
    is_verified = email is not None and source.get("email_verified") is True
    name = _name(claims.get("name")) or _name(userinfo.get("name"))
    return ExternalIdentity(provider, subject, name, email, is_verified)


def identify_orcid(provider: str, claims: Claims, reply: Claims) -> ExternalIdentity:
    """The researcher that checked claims are about; ORCID puts the name into the token reply.

    Args:
        claims: Of `read_id_token`.
        reply: Of the token endpoint, with `orcid` and `name`.

    Raises:
        RefusedError: The subject is no ORCID iD, or the reply names another one.

    Source: ORCID, https://info.orcid.org/ufaqs/what-is-openid.
    """
    try:
        subject = parse_orcid(claims["sub"])
    except InvalidInputError as exc:
        raise RefusedError("the subject is not an ORCID iD") from exc
    if reply.get("orcid", subject) != subject:
        raise RefusedError("token reply and ID token name two ORCID iDs")
    return ExternalIdentity(provider, subject, _name(reply.get("name")), None, False)


def _name(value: object) -> str | None:
    return clean(value)[:200].strip() or None if isinstance(value, str) else None


def _email(value: object) -> str | None:
    if not isinstance(value, str) or len(value) > 254 or not value.isprintable():
        return None
    return value if _EMAIL.fullmatch(value) else None
