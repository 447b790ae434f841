"""Sign-in through OpenID providers: who is believed, and every way in which somebody is not."""

import base64
import gzip
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from itertools import count
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc.jwk import RSAKey

from registry.access.oidc import (
    CACHED_FOR,
    MAX_REPLY_BYTES,
    Begun,
    ExternalIdentity,
    OIDCClient,
    Scheme,
    is_same_secret,
    parse_providers,
)
from registry.errors import InvalidInputError, SignInFailedError
from tests.oidc_provider import (
    ORCID,
    REDIRECT_URI,
    StandInProvider,
    raw_reply,
    reply,
    signing_key,
    transport,
)

DISCOVERY = "/.well-known/openid-configuration"
ENTRY = {
    "name": "ministry",
    "label": "Bộ Thử nghiệm",
    "issuer": "https://sso.ministry.example",
    "client_id": "registry-client",
    "client_secret": "not-to-be-shown",
    "scopes": ["openid", "email"],
}


@pytest.fixture
def ministry() -> StandInProvider:
    return StandInProvider()


def _client(standin: StandInProvider, elapsed: Callable[[], float] = lambda: 0.0) -> OIDCClient:
    # Careless on purpose: what must hold has to hold by the client's own doing.
    careless = httpx.Client(transport=transport(standin), follow_redirects=True, timeout=None)
    return OIDCClient(careless, elapsed)


def _begin(client: OIDCClient, standin: StandInProvider) -> tuple[Begun, str]:
    begun = client.begin(standin.provider, REDIRECT_URI, standin.now)
    came_back = httpx.URL(standin.sign_in_at(begun.url)).params
    assert is_same_secret(begun.state, came_back["state"])
    return begun, came_back["code"]


def _sign_in(standin: StandInProvider, client: OIDCClient | None = None) -> ExternalIdentity:
    client = client or _client(standin)
    begun, code = _begin(client, standin)
    return client.finish(
        standin.provider, REDIRECT_URI, begun.nonce, begun.verifier, code, standin.now
    )


def _reason(
    standin: StandInProvider, caplog: pytest.LogCaptureFixture, client: OIDCClient | None = None
) -> str:
    """Why a sign-in was refused, as the operator reads it in the log."""
    with pytest.raises(SignInFailedError):
        _sign_in(standin, client)

    return caplog.messages[-1].removeprefix(f"sign-in through {standin.name} failed: ")


def _forge(
    header: Mapping[str, object], signature: Callable[[bytes], bytes]
) -> Callable[[dict[str, object]], str]:
    def token(claims: dict[str, object]) -> str:
        parts = [_base64(json.dumps(part).encode()) for part in (header, claims)]
        signed = ".".join(parts)
        return f"{signed}.{_base64(signature(signed.encode()))}"

    return token


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


# Who is believed


def test_a_ministry_tells_who_somebody_is(ministry: StandInProvider) -> None:
    found = _sign_in(ministry)

    assert found == ExternalIdentity(
        "ministry", "staff-17", "Lê Thị Thử", "thu@ministry.example", True
    )


def test_orcid_tells_the_id_and_beside_the_token_the_name() -> None:
    found = _sign_in(StandInProvider.orcid())

    assert found == ExternalIdentity("orcid", ORCID, "Thử Lê", None, False)


@pytest.mark.parametrize("name", [None, "", 5])
def test_a_researcher_may_keep_the_name_private(name: object) -> None:
    orcid = StandInProvider.orcid()
    orcid.token_reply["name"] = name

    assert _sign_in(orcid).name is None


@pytest.mark.parametrize("subject", ["0000-0000-0000-0002", "staff-17"])
def test_orcid_must_name_a_researcher_by_a_real_id(
    subject: str, caplog: pytest.LogCaptureFixture
) -> None:
    orcid = StandInProvider.orcid()
    orcid.user["sub"] = subject
    orcid.token_reply["orcid"] = subject

    assert _reason(orcid, caplog) == "the subject is not an ORCID iD"


def test_orcid_must_name_the_same_researcher_twice(caplog: pytest.LogCaptureFixture) -> None:
    orcid = StandInProvider.orcid()
    orcid.token_reply["orcid"] = "0009-9999-9999-9992"

    assert _reason(orcid, caplog) == "token reply and ID token name two ORCID iDs"


@pytest.mark.parametrize("algorithm", ["RS256", "PS384", "ES256", "ES512"])
def test_signatures_of_the_accepted_algorithms_are_believed(algorithm: str) -> None:
    assert _sign_in(StandInProvider(algorithm=algorithm)).subject == "staff-17"


@pytest.mark.parametrize("word", ["true", 1, False, None])
def test_an_address_is_verified_only_by_a_plain_true(
    ministry: StandInProvider, word: object
) -> None:
    ministry.claims["email_verified"] = word

    found = _sign_in(ministry)

    assert (found.email, found.email_verified) == ("thu@ministry.example", False)


@pytest.mark.parametrize(
    "email",
    ["no address", "two@@ministry.example", "a@b\n.vn", "a\x00@b.vn", f"{'a' * 250}@b.vn", 5],
)
def test_what_is_no_address_is_left_out(ministry: StandInProvider, email: object) -> None:
    ministry.user["email"] = email

    found = _sign_in(ministry)

    assert (found.email, found.email_verified) == (None, False)


def test_a_name_is_stored_in_the_one_written_form() -> None:
    orcid = StandInProvider.orcid()
    orcid.token_reply["name"] = "  Le\u0302 Thi\u0323\u202e\x00 Thu\u031b\u0309 \ud800"

    assert _sign_in(orcid).name == "Lê Thị Thử"


@pytest.mark.parametrize("subject", ["", "x" * 256, "thử", "a\x00b", 17, None])
def test_a_subject_that_cannot_be_stored_is_refused(
    ministry: StandInProvider, subject: object, caplog: pytest.LogCaptureFixture
) -> None:
    ministry.user["sub"] = subject

    assert "sub" in _reason(ministry, caplog)


def test_a_subject_may_be_as_long_as_the_standard_allows(ministry: StandInProvider) -> None:
    ministry.user["sub"] = "x" * 255

    assert _sign_in(ministry).subject == "x" * 255


# What is told at the UserInfo endpoint only


def test_name_and_address_may_be_told_at_the_userinfo_endpoint(ministry: StandInProvider) -> None:
    ministry.claims |= {"name": None, "email": None, "email_verified": None}

    found = _sign_in(ministry)

    assert (found.name, found.email) == ("Lê Thị Thử", "thu@ministry.example")
    assert found.email_verified


def test_userinfo_about_somebody_else_is_refused(
    ministry: StandInProvider, caplog: pytest.LogCaptureFixture
) -> None:
    ministry.claims["name"] = None
    ministry.userinfo["sub"] = "staff-18"

    assert _reason(ministry, caplog) == "the UserInfo answer is about another subject"


def test_an_address_is_not_verified_by_a_word_about_another_one(ministry: StandInProvider) -> None:
    ministry.claims |= {"name": None, "email": "other@ministry.example", "email_verified": None}

    found = _sign_in(ministry)

    assert (found.email, found.email_verified) == ("other@ministry.example", False)


def test_userinfo_is_asked_only_for_what_a_scope_promised() -> None:
    complete = StandInProvider()
    modest = StandInProvider(scopes=("openid",), claims={"name": None, "email": None})
    silent = StandInProvider(discovery={"userinfo_endpoint": None}, claims={"name": None})

    names = [_sign_in(each).name for each in (complete, modest, silent)]

    assert names == ["Lê Thị Thử", None, None]
    assert not any("/userinfo" in each.asked for each in (complete, modest, silent))


@pytest.mark.parametrize("token", ["thử", "a\r\nb: c", "", 5, None])
def test_an_access_token_that_fits_no_header_is_not_sent(
    ministry: StandInProvider, token: object, caplog: pytest.LogCaptureFixture
) -> None:
    ministry.claims["name"] = None
    ministry.token_reply["access_token"] = token

    assert "no access token" in _reason(ministry, caplog)
    assert "/userinfo" not in ministry.asked


# The way to the provider and back


def test_each_sign_in_has_secrets_of_its_own_and_shows_only_the_challenge(
    ministry: StandInProvider,
) -> None:
    ministry.discovery["authorization_endpoint"] = f"{ministry.issuer}/authorize?tenant=3"
    client = _client(ministry)

    begun, again = (client.begin(ministry.provider, REDIRECT_URI, ministry.now) for _ in range(2))

    query = {key: value for key, [value] in parse_qs(urlsplit(begun.url).query).items()}
    challenge = _base64(hashlib.sha256(begun.verifier.encode()).digest())
    assert query == {
        "tenant": "3",
        "response_type": "code",
        "client_id": "registry-client",
        "redirect_uri": REDIRECT_URI,
        "scope": "openid email profile",
        "state": begun.state,
        "nonce": begun.nonce,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    made = {begun.state, begun.nonce, begun.verifier, again.state, again.nonce, again.verifier}
    assert len(made) == 6
    assert min(map(len, made)) >= 43


def test_a_state_is_the_same_or_not() -> None:
    assert is_same_secret("abc", "abc")
    assert not is_same_secret("abc", "abd")
    assert not is_same_secret("abc", "thử\ud800")


@pytest.mark.parametrize("methods", [("client_secret_basic",), ("client_secret_post",)])
def test_the_secret_is_sent_the_way_the_provider_takes_it(methods: tuple[str, ...]) -> None:
    assert _sign_in(StandInProvider(auth_methods=methods)).subject == "staff-17"


def test_a_provider_that_says_nothing_takes_the_secret_as_basic() -> None:
    silent = StandInProvider(auth_methods=("client_secret_basic",))
    silent.discovery["token_endpoint_auth_methods_supported"] = None

    assert _sign_in(silent).subject == "staff-17"


@pytest.mark.parametrize("methods", [["private_key_jwt"], [], "client_secret_post", 5])
def test_a_provider_that_takes_no_secret_is_refused(
    ministry: StandInProvider, methods: object, caplog: pytest.LogCaptureFixture
) -> None:
    ministry.discovery["token_endpoint_auth_methods_supported"] = methods

    assert "takes neither" in _reason(ministry, caplog)


# Discovery


@pytest.mark.parametrize(
    "issuer", ["https://sso.ministry.example/", "https://other.example", None, ["x"]]
)
def test_a_discovery_document_of_another_issuer_is_refused(
    ministry: StandInProvider, issuer: object, caplog: pytest.LogCaptureFixture
) -> None:
    ministry.discovery["issuer"] = issuer

    assert _reason(ministry, caplog) == "discovery names another issuer"


@pytest.mark.parametrize(
    "key", ["authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint"]
)
@pytest.mark.parametrize(
    "address",
    [
        "http://sso.ministry.example/x",
        "http://127.0.0.1/x",
        "//sso.ministry.example/x",
        "javascript:alert(1)",
        "https://user@sso.ministry.example/x",
        "https://sso.ministry.example/x#",
        "https://sso.ministry.example:99999/x",
        "https://",
        5,
    ],
)
def test_endpoints_must_be_https_addresses(
    ministry: StandInProvider, key: str, address: object, caplog: pytest.LogCaptureFixture
) -> None:
    ministry.discovery[key] = address

    assert _reason(ministry, caplog).startswith(f"{key} of discovery must")


def test_a_provider_on_this_machine_may_do_without_https() -> None:
    local = StandInProvider(issuer="http://127.0.0.1:9000")

    assert _sign_in(local).subject == "staff-17"


# The ID token


@pytest.mark.parametrize("nonce", ["of another sign-in", None, ""])
def test_a_token_of_another_sign_in_is_refused(
    ministry: StandInProvider, nonce: object, caplog: pytest.LogCaptureFixture
) -> None:
    ministry.claims["nonce"] = nonce

    assert _reason(ministry, caplog) == "wrong or missing in the ID token: nonce"


@pytest.mark.parametrize(
    "issuer", ["https://other.example", "https://sso.ministry.example/", None, ["x"]]
)
def test_a_token_of_another_issuer_is_refused(
    ministry: StandInProvider, issuer: object, caplog: pytest.LogCaptureFixture
) -> None:
    ministry.claims["iss"] = issuer

    assert _reason(ministry, caplog) == "wrong or missing in the ID token: iss"


@pytest.mark.parametrize("audience", ["another-client", ["another-client"], [], None])
def test_a_token_for_another_client_is_refused(
    ministry: StandInProvider, audience: object, caplog: pytest.LogCaptureFixture
) -> None:
    ministry.claims["aud"] = audience

    assert _reason(ministry, caplog) == "wrong or missing in the ID token: aud"


def test_a_token_for_several_clients_is_believed_when_it_was_made_for_this_one(
    ministry: StandInProvider,
) -> None:
    ministry.claims |= {"aud": ["another-client", "registry-client"], "azp": "registry-client"}

    assert _sign_in(ministry).subject == "staff-17"


@pytest.mark.parametrize(
    ("audience", "party"),
    [
        (["registry-client", "another-client"], None),
        (["registry-client", "another-client"], "another-client"),
        ("registry-client", "another-client"),
    ],
)
def test_a_token_made_for_another_client_is_refused(
    ministry: StandInProvider, audience: object, party: object, caplog: pytest.LogCaptureFixture
) -> None:
    ministry.claims |= {"aud": audience, "azp": party}

    assert _reason(ministry, caplog) == "wrong or missing in the ID token: azp"


@pytest.mark.parametrize("claim", [{"exp": -59}, {"iat": 60}, {"nbf": 60}])
def test_clocks_may_differ_by_a_minute(ministry: StandInProvider, claim: dict[str, int]) -> None:
    seconds = int(ministry.now.timestamp())
    ministry.claims |= {key: seconds + offset for key, offset in claim.items()}

    assert _sign_in(ministry).subject == "staff-17"


@pytest.mark.parametrize("claim", [{"exp": -60}, {"iat": 61}, {"nbf": 61}])
def test_a_token_out_of_its_time_is_refused(
    ministry: StandInProvider, claim: dict[str, int], caplog: pytest.LogCaptureFixture
) -> None:
    seconds = int(ministry.now.timestamp())
    ministry.claims |= {key: seconds + offset for key, offset in claim.items()}

    assert _reason(ministry, caplog) == f"wrong or missing in the ID token: {next(iter(claim))}"


@pytest.mark.parametrize("claim", ["exp", "iat"])
@pytest.mark.parametrize("value", [None, "4102444800", float("nan"), True])
def test_a_token_without_a_time_is_refused(
    ministry: StandInProvider, claim: str, value: object, caplog: pytest.LogCaptureFixture
) -> None:
    ministry.claims[claim] = value

    assert _reason(ministry, caplog) == f"wrong or missing in the ID token: {claim}"


@pytest.mark.parametrize("name", ["none", "None"])
def test_an_unsigned_token_is_refused(
    ministry: StandInProvider, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    ministry.sign = _forge({"alg": name, "kid": ministry.key.kid}, lambda _: b"")

    assert _reason(ministry, caplog) == "the ID token is not signed by an accepted algorithm"


@pytest.mark.parametrize("known", ["public key", "client secret", "published secret"])
def test_a_token_signed_with_something_that_others_know_is_refused(
    ministry: StandInProvider, known: str, caplog: pytest.LogCaptureFixture
) -> None:
    key = ministry.key
    assert isinstance(key, RSAKey)
    published = b"a published secret of 32 letters"
    secret = {
        "public key": key.as_pem(private=False),
        "client secret": ministry.client_secret.encode(),
        "published secret": published,
    }[known]
    keys = [{"kty": "oct", "k": _base64(published), "kid": "shared"}, key.as_dict(private=False)]
    ministry.instead["/jwks"] = lambda _: reply({"keys": keys})
    kid = "shared" if known == "published secret" else key.kid
    ministry.sign = _forge(
        {"alg": "HS256", "kid": kid}, lambda text: hmac.digest(secret, text, "sha256")
    )

    assert _reason(ministry, caplog) == "the ID token is not signed by an accepted algorithm"


def test_a_token_signed_with_another_key_of_the_same_name_is_refused(
    ministry: StandInProvider, caplog: pytest.LogCaptureFixture
) -> None:
    right, wrong = ministry.key, signing_key("RS256", 9)
    ministry.sign = lambda claims: StandInProvider(key_number=9).id_token(claims)
    ministry.instead["/jwks"] = lambda _: reply(
        {"keys": [right.as_dict(private=False, kid=wrong.kid)]}
    )

    assert _reason(ministry, caplog) == "the ID token is malformed or its signature is wrong"


def test_claims_changed_after_signing_are_refused(
    ministry: StandInProvider, caplog: pytest.LogCaptureFixture
) -> None:
    def tampered(claims: dict[str, object]) -> str:
        header, _, signature = ministry.id_token(claims).split(".")
        return f"{header}.{_base64(json.dumps({**claims, 'sub': 'staff-1'}).encode())}.{signature}"

    ministry.sign = tampered

    assert _reason(ministry, caplog) == "the ID token is malformed or its signature is wrong"


@pytest.mark.parametrize(
    "token",
    ["", "x", "a.b.c", "a.b.c.d.e", "ế.b.c", "\ud800.b.c", _base64(b"[" * 6000) + ".e30.AAAA"],
)
def test_what_is_no_token_is_refused(
    ministry: StandInProvider, token: str, caplog: pytest.LogCaptureFixture
) -> None:
    ministry.sign = lambda _: token

    assert _reason(ministry, caplog) == "the ID token is malformed or its signature is wrong"


@pytest.mark.parametrize("token", [None, 5, {"alg": "RS256"}])
def test_a_reply_without_a_token_is_refused(
    ministry: StandInProvider, token: object, caplog: pytest.LogCaptureFixture
) -> None:
    ministry.token_reply["id_token"] = token

    assert _reason(ministry, caplog) == "the token reply holds no ID token"


def test_header_fields_that_are_not_known_do_no_harm_and_may_be_long(
    ministry: StandInProvider,
) -> None:
    key = ministry.key
    header = {"alg": "RS256", "kid": key.kid, "x5c": ["A" * 4000], "vendor": "x"}
    ministry.sign = _forge(header, lambda text: _rs256(key, text))

    assert _sign_in(ministry).subject == "staff-17"


def test_a_header_field_that_must_be_understood_and_is_not_refuses_the_token(
    ministry: StandInProvider, caplog: pytest.LogCaptureFixture
) -> None:
    key = ministry.key
    header = {"alg": "RS256", "kid": key.kid, "crit": ["vendor"], "vendor": "x"}
    ministry.sign = _forge(header, lambda text: _rs256(key, text))

    assert _reason(ministry, caplog) == "the ID token is malformed or its signature is wrong"


def _rs256(key: Any, text: bytes) -> bytes:
    signature: bytes = key.private_key.sign(text, PKCS1v15(), SHA256())
    return signature


# Keys


def test_a_rotated_key_is_fetched_at_once(ministry: StandInProvider) -> None:
    client = _client(ministry)
    _sign_in(ministry, client)
    ministry.rotate_key()

    found = _sign_in(ministry, client)

    assert found.subject == "staff-17"
    assert ministry.asked.count("/jwks") == 2


def test_a_key_that_stays_unknown_is_asked_for_once_more_and_refused(
    ministry: StandInProvider, caplog: pytest.LogCaptureFixture
) -> None:
    ministry.sign = lambda claims: StandInProvider(key_number=9).id_token(claims)

    assert _reason(ministry, caplog) == "the ID token is signed with an unknown key"
    assert ministry.asked.count("/jwks") == 2


def test_keys_that_cannot_be_used_do_not_keep_the_others_from_it(
    ministry: StandInProvider,
) -> None:
    good = ministry.key.as_dict(private=False)
    others: list[object] = [
        *(None, "key", {}, {"kty": "AKP", "kid": "key-1"}, {"kty": ["RSA"]}),
        {**good, "use": "enc"},
        {**good, "n": "!"},
        {"kty": "EC", "crv": "P-0", "x": "AA", "y": "AA", "kid": "key-1"},
    ]
    ministry.instead["/jwks"] = lambda _: reply({"keys": [*others, good]})

    assert _sign_in(ministry).subject == "staff-17"


def test_a_token_that_names_no_key_is_checked_with_the_only_one_for_signatures(
    ministry: StandInProvider,
) -> None:
    key = ministry.key
    other = {**signing_key("RS256", 9).as_dict(private=False), "use": "enc"}
    keys = [other, key.as_dict(private=False)]
    ministry.instead["/jwks"] = lambda _: reply({"keys": keys})
    ministry.sign = _forge({"alg": "RS256"}, lambda text: _rs256(key, text))

    assert _sign_in(ministry).subject == "staff-17"


@pytest.mark.parametrize("document", [{}, {"keys": []}, {"keys": 5}, {"keys": {"kty": "RSA"}}])
def test_a_document_without_keys_is_refused(
    ministry: StandInProvider, document: object, caplog: pytest.LogCaptureFixture
) -> None:
    ministry.instead["/jwks"] = lambda _: reply(document)

    assert _reason(ministry, caplog) == "the key document holds no usable key"


@pytest.mark.filterwarnings("ignore:Key size")
def test_a_key_short_enough_to_be_broken_is_refused(
    ministry: StandInProvider, caplog: pytest.LogCaptureFixture
) -> None:
    short = RSAKey.generate_key(1024, {"kid": "key-1"})
    ministry.sign = _forge({"alg": "RS256", "kid": "key-1"}, lambda text: _rs256(short, text))
    ministry.instead["/jwks"] = lambda _: reply({"keys": [short.as_dict(private=False)]})

    assert _reason(ministry, caplog) == "the key document holds no usable key"


def test_discovery_and_keys_are_kept_for_ten_minutes_and_no_longer(
    ministry: StandInProvider,
) -> None:
    client = _client(ministry)
    _sign_in(ministry, client)
    asked = []

    for later in (CACHED_FOR - timedelta(seconds=1), timedelta(seconds=1)):
        ministry.now += later
        ministry.asked.clear()
        _sign_in(ministry, client)
        asked.append(list(ministry.asked))

    assert asked == [["/token"], [DISCOVERY, "/token", "/jwks"]]


def test_a_clock_set_back_does_not_keep_old_keys(ministry: StandInProvider) -> None:
    client = _client(ministry)
    _sign_in(ministry, client)
    ministry.now -= timedelta(days=1)
    ministry.asked.clear()

    _sign_in(ministry, client)

    assert ministry.asked == [DISCOVERY, "/token", "/jwks"]


def test_a_failure_is_not_kept(ministry: StandInProvider, caplog: pytest.LogCaptureFixture) -> None:
    client = _client(ministry)
    ministry.discovery["issuer"] = "https://other.example"
    _reason(ministry, caplog, client)
    ministry.discovery.clear()

    assert _sign_in(ministry, client).subject == "staff-17"


# The code


def test_a_code_is_worth_nothing_without_the_verifier_it_was_asked_with(
    ministry: StandInProvider, caplog: pytest.LogCaptureFixture
) -> None:
    client = _client(ministry)
    begun, code = _begin(client, ministry)
    other = client.begin(ministry.provider, REDIRECT_URI, ministry.now)

    with pytest.raises(SignInFailedError):
        client.finish(
            ministry.provider, REDIRECT_URI, begun.nonce, other.verifier, code, ministry.now
        )

    assert caplog.messages == [
        "sign-in through ministry failed: the token endpoint answered with status 400"
    ]


def test_a_code_of_another_sign_in_is_refused_by_its_nonce(
    ministry: StandInProvider, caplog: pytest.LogCaptureFixture
) -> None:
    client = _client(ministry)
    begun, code = _begin(client, ministry)
    other = client.begin(ministry.provider, REDIRECT_URI, ministry.now)

    with pytest.raises(SignInFailedError):
        client.finish(
            ministry.provider, REDIRECT_URI, other.nonce, begun.verifier, code, ministry.now
        )

    assert "nonce" in caplog.messages[-1]


# The network

PATHS = pytest.mark.parametrize("path", [DISCOVERY, "/token", "/jwks", "/userinfo"])


@PATHS
@pytest.mark.parametrize("status", [201, 204, 400, 401, 404, 500, 503])
def test_a_provider_that_refuses_or_fails_ends_the_sign_in(
    ministry: StandInProvider, path: str, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    ministry.claims["name"] = None

    def failed(request: httpx.Request) -> httpx.Response:
        answer = ministry.answer(request)
        answer.status_code = status
        return answer

    ministry.instead[path] = failed

    assert _reason(ministry, caplog).endswith(f"answered with status {status}")


@PATHS
def test_a_redirect_is_not_followed(
    ministry: StandInProvider, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    ministry.claims["name"] = None
    moved = "/moved"

    def answer_moved(request: httpx.Request) -> httpx.Response:
        request.url = request.url.copy_with(path=path)
        return ministry.answer(request)

    ministry.instead[moved] = answer_moved
    ministry.instead[path] = lambda _: raw_reply(b"", 307, {"location": moved})

    assert _reason(ministry, caplog).endswith("answered with status 307")
    assert moved not in ministry.asked


@PATHS
@pytest.mark.parametrize(
    "error", [httpx.ReadTimeout, httpx.ConnectError, httpx.RemoteProtocolError, UnicodeError]
)
def test_a_provider_that_does_not_answer_ends_the_sign_in(
    ministry: StandInProvider,
    path: str,
    error: type[Exception],
    caplog: pytest.LogCaptureFixture,
) -> None:
    ministry.claims["name"] = None

    def silent(request: httpx.Request) -> httpx.Response:
        raise error("nothing")

    ministry.instead[path] = silent

    assert _reason(ministry, caplog).endswith(f"does not answer ({error.__name__})")


def test_every_request_has_a_time_limit_of_its_own(ministry: StandInProvider) -> None:
    ministry.claims["name"] = None
    limits: dict[str, dict[str, float | None]] = {}

    def noting(request: httpx.Request) -> httpx.Response:
        limits[request.url.path] = request.extensions["timeout"]
        return ministry.answer(request)

    paths = (DISCOVERY, "/token", "/jwks", "/userinfo")
    ministry.instead = dict.fromkeys(paths, noting)
    _sign_in(ministry)

    assert set(limits) == set(paths)
    assert all(0 < (each or 0) <= 10 for limit in limits.values() for each in limit.values())


class _Dripping(httpx.SyncByteStream):
    def __iter__(self) -> Iterator[bytes]:
        yield from (b" " for _ in range(1000))
        yield b"{}"


def test_a_reply_that_trickles_in_is_given_up(
    ministry: StandInProvider, caplog: pytest.LogCaptureFixture
) -> None:
    seconds = count()
    client = _client(ministry, lambda: float(next(seconds)))
    ministry.instead[DISCOVERY] = lambda _: httpx.Response(200, stream=_Dripping())

    assert _reason(ministry, caplog, client) == "the reply of discovery takes too long"
    assert next(seconds) < 20


def _padded(standin: StandInProvider, path: str, size: int) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        content = standin.answer(request).read()
        return raw_reply(content.ljust(size))

    standin.instead[path] = answer


@PATHS
def test_a_reply_over_a_megabyte_is_refused(
    ministry: StandInProvider, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    ministry.claims["name"] = None
    _padded(ministry, path, MAX_REPLY_BYTES + 1)

    assert _reason(ministry, caplog).endswith("is too large")


@PATHS
def test_a_reply_of_just_a_megabyte_is_read(ministry: StandInProvider, path: str) -> None:
    ministry.claims["name"] = None
    _padded(ministry, path, MAX_REPLY_BYTES)

    assert _sign_in(ministry).subject == "staff-17"


def test_a_compressed_reply_is_not_unpacked(
    ministry: StandInProvider, caplog: pytest.LogCaptureFixture
) -> None:
    asked_for = []

    def packed(request: httpx.Request) -> httpx.Response:
        asked_for.append(request.headers["accept-encoding"])
        content = gzip.compress(ministry.answer(request).read())
        return raw_reply(content, headers={"content-encoding": "gzip"})

    ministry.instead[DISCOVERY] = packed

    assert _reason(ministry, caplog) == "the reply of discovery is not JSON"
    assert asked_for == ["identity"]


@PATHS
@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is not JSON"),
        (b"<html>", "is not JSON"),
        (b"\xff\xfe\xff", "is not JSON"),
        (b"[" * 100_000, "is not JSON"),
        (b"[]", "is not a JSON object"),
        (b'"text"', "is not a JSON object"),
    ],
)
def test_a_reply_that_is_no_json_object_is_refused(
    ministry: StandInProvider,
    path: str,
    content: bytes,
    reason: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    ministry.claims["name"] = None
    ministry.instead[path] = lambda _: raw_reply(content)

    assert _reason(ministry, caplog).endswith(reason)


@pytest.mark.parametrize("content_type", ["text/html", "application/jwk-set+json", ""])
def test_any_content_type_will_do(ministry: StandInProvider, content_type: str) -> None:
    def typed(request: httpx.Request) -> httpx.Response:
        answer = ministry.answer(request)
        answer.headers["content-type"] = content_type
        return answer

    ministry.instead = dict.fromkeys((DISCOVERY, "/token", "/jwks"), typed)

    assert _sign_in(ministry).subject == "staff-17"


# What is told


def test_a_failure_tells_what_to_do_and_nothing_that_was_sent(
    ministry: StandInProvider, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    client = _client(ministry)
    begun, code = _begin(client, ministry)
    sent = [code, begun.nonce, begun.state, begun.verifier]
    ministry.claims["aud"] = "another-client"

    def noting(claims: dict[str, object]) -> str:
        sent.append(ministry.id_token(claims))
        return sent[-1]

    ministry.sign = noting

    with pytest.raises(SignInFailedError) as caught:
        client.finish(
            ministry.provider, REDIRECT_URI, begun.nonce, begun.verifier, code, ministry.now
        )

    assert str(caught.value) == (
        "signing in through Bộ Thử nghiệm did not succeed; try again, and if it fails again, "
        "ask the operator of this service"
    )
    told = caplog.text + "".join(map(repr, _chain(caught.value)))
    assert "another-client" not in told
    assert len(sent) == 5
    assert not any(secret in told for secret in [*sent, ministry.client_secret])


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def test_what_is_secret_is_not_shown_by_repr(ministry: StandInProvider) -> None:
    begun = _client(ministry).begin(ministry.provider, REDIRECT_URI, ministry.now)

    shown = repr(begun) + repr(ministry.provider)

    secrets = (begun.state, begun.nonce, begun.verifier, ministry.client_secret)
    assert not any(secret in shown for secret in secrets)


# Settings


def test_providers_are_read_from_the_settings() -> None:
    orcid = {**ENTRY, "name": "orcid", "issuer": "https://orcid.org", "scopes": ["openid"]}
    local = {**ENTRY, "name": "trial-2", "issuer": "http://localhost:9000/realms/x"}

    found = parse_providers(json.dumps([ENTRY, orcid, local]))

    assert [each.scheme for each in found] == [Scheme.OIDC, Scheme.ORCID, Scheme.OIDC]
    assert found[0].label == "Bộ Thử nghiệm"
    assert found[0].scopes == ("openid", "email")
    assert parse_providers("[]") == ()


@pytest.mark.parametrize(
    ("key", "value", "problem"),
    [
        ("name", "Ministry", "pattern"),
        ("name", "a b", "pattern"),
        ("name", "orcid\n", "pattern"),
        ("name", "", "pattern"),
        ("name", "ministry", "another entry has this name already"),
        ("label", "", "at least 1 character"),
        ("label", "  ", "pattern"),
        ("issuer", "http://sso.ministry.example", "must be an https address"),
        ("issuer", "http://127.0.0.1.example", "must be an https address"),
        ("issuer", "http://localhost@sso.example", "must be an https address"),
        ("issuer", "sso.ministry.example", "must be an https address"),
        ("issuer", "https://user@sso.example", "must have no user name"),
        ("issuer", "https://sso.example#x", "must have no user name, no #"),
        ("issuer", "https://sso.example#", "must have no user name, no #"),
        ("issuer", "https://sso.example?x=1", "must have no ?"),
        ("issuer", "https://sso.example\n", "must be a web address"),
        ("client_id", "", "at least 1 character"),
        ("client_secret", "", "at least 1 character"),
        ("client_secret", 12345, "valid string"),
        ("scopes", "openid", "valid array"),
        ("scopes", ["email"], "openid must be one of them"),
        ("scopes", ["openid email"], "pattern"),
        ("secret", "not-to-be-shown", "Unexpected"),
    ],
)
def test_a_wrong_entry_is_named_with_its_key(key: str, value: object, problem: str) -> None:
    wrong = {**ENTRY, "name": "second", key: value}

    with pytest.raises(InvalidInputError) as caught:
        parse_providers(json.dumps([ENTRY, wrong]))

    assert str(caught.value).startswith(f"identity providers: entry 2: key {key}: ")
    assert problem in str(caught.value)
    assert "not-to-be-shown" not in str(caught.value)


@pytest.mark.parametrize("key", list(ENTRY))
def test_a_missing_key_is_named(key: str) -> None:
    text = json.dumps([{k: v for k, v in ENTRY.items() if k != key}])

    with pytest.raises(InvalidInputError, match=f"entry 1: key {key}: Field required"):
        parse_providers(text)


@pytest.mark.parametrize("text", ["", "{}", "null", '[{"client_secret": "not-to-be-shown"', "[5]"])
def test_settings_that_are_no_list_of_objects_are_refused_without_being_quoted(text: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        parse_providers(text)

    assert str(caught.value).startswith("identity providers: ")
    assert "not-to-be-shown" not in "".join(map(repr, _chain(caught.value)))
