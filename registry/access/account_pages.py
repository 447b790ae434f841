"""The page of somebody's own account: name, password, codes, sessions, tokens, providers."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse
from starlette.responses import Response

from registry.access import outside, own, passwords, sessions, totp, words
from registry.access.account_view import SHOWN, PageDep
from registry.access.browsers import OIDCDep, provider_named
from registry.access.outside import FLOW_LASTS
from registry.access.outside_pages import begin
from registry.errors import InvalidInputError, SignInFailedError
from registry.web.cookies import drop_cookie, set_cookie
from registry.web.deps import SettingsDep
from registry.web.forms import CHECKED_FORM
from registry.web.gate import needs
from registry.web.pages import render

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)

_OWN = needs("account:own")


@router.get("/account", dependencies=[_OWN])
def account_page(page: PageDep, settings: SettingsDep) -> Response:
    """Everything about the own account; with it, what others did with it is seen."""
    answer = page.show()
    drop_cookie(answer, settings, "news")
    return answer


@router.post("/account/profile", dependencies=[_OWN, CHECKED_FORM])
def save_profile(
    page: PageDep,
    display_name: Annotated[str, Form()] = "",
    language: Annotated[str, Form()] = "",
) -> Response:
    """Change name and language."""
    return page.act(
        "profile",
        "profile",
        lambda: own.update(page.session, page.signed_in.actor, display_name, language),
        {"display_name": display_name, "language": language},
    )


@router.post("/account/password", dependencies=[_OWN, CHECKED_FORM])
def save_password(
    page: PageDep,
    current: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    again: Annotated[str, Form()] = "",
) -> Response:
    """Change the password, or set the first one."""

    def change() -> None:
        if passwords.normalise(password) != passwords.normalise(again):
            raise InvalidInputError(words.PASSWORDS_DIFFER)
        held = page.signed_in
        own.change_password(
            page.session, held.actor, held.session_id, current, password, page.browser, page.now
        )

    return page.act("password", "password", change)


@router.get("/account/totp.svg", dependencies=[_OWN])
def code_picture(page: PageDep) -> Response:
    """The seed of one-time codes as a QR code, until a first code has confirmed it."""
    drawn = totp.picture(page.session, page.signed_in.account)
    return Response(drawn, media_type="image/svg+xml")


@router.post("/account/codes", dependencies=[_OWN, CHECKED_FORM])
def begin_codes(page: PageDep, codes_password: Annotated[str, Form()] = "") -> Response:
    """Begin to set up one-time codes."""
    actor = page.signed_in.actor
    return page.act(
        "codes",
        "codes_begun",
        lambda: own.begin_codes(page.session, actor, codes_password, page.browser, page.now),
        anchor="#codes",
    )


@router.post("/account/codes/confirm", dependencies=[_OWN, CHECKED_FORM])
def confirm_codes(page: PageDep, code: Annotated[str, Form()] = "") -> Response:
    """Turn one-time codes on."""
    actor = page.signed_in.actor
    return page.act(
        "codes", "codes_on", lambda: own.confirm_codes(page.session, actor, code, page.now)
    )


@router.post("/account/codes/end", dependencies=[_OWN, CHECKED_FORM])
def end_codes(page: PageDep, codes_password: Annotated[str, Form()] = "") -> Response:
    """Turn one-time codes off."""
    actor = page.signed_in.actor
    return page.act(
        "codes",
        "codes_off",
        lambda: own.end_codes(page.session, actor, codes_password, page.browser, page.now),
    )


@router.post("/account/sessions/end-others", dependencies=[_OWN, CHECKED_FORM])
def end_other_sessions(page: PageDep) -> Response:
    """End all sessions but this one."""
    held = page.signed_in
    return page.act(
        "sessions",
        "other_sessions",
        lambda: sessions.end_all(page.session, held.actor, page.now, but=held.session_id),
    )


@router.post("/account/sessions/{session_id}/end", dependencies=[_OWN, CHECKED_FORM])
def end_session(page: PageDep, session_id: UUID) -> Response:
    """End one session."""
    actor = page.signed_in.actor
    return page.act(
        "sessions", "sessions", lambda: sessions.end(page.session, actor, session_id, page.now)
    )


@router.post("/account/tokens", dependencies=[_OWN, CHECKED_FORM])
def create_token(
    page: PageDep,
    name: Annotated[str, Form()] = "",
    scopes: Annotated[list[str], Form()] = [],  # noqa: B006
    days: Annotated[int, Form()] = 30,
    proof: Annotated[str, Form()] = "",
) -> Response:
    """Make a token; the answer shows it, once."""
    try:
        actor = page.prove(proof)
        _, secret = sessions.create_token(page.session, actor, name, set(scopes), days, page.now)
    except SHOWN as exc:
        typed = {"name": name, "scopes": " ".join(scopes), "days": str(days)}
        return page.show("tokens", exc, typed=typed)
    return page.show("tokens", status=201, secret=secret)


@router.post("/account/tokens/{token_id}/revoke", dependencies=[_OWN, CHECKED_FORM])
def revoke_token(page: PageDep, token_id: UUID) -> Response:
    """Revoke a token."""
    actor = page.signed_in.actor
    return page.act(
        "tokens", "token", lambda: sessions.revoke_token(page.session, actor, token_id, page.now)
    )


@router.post("/account/providers/{provider}/link", dependencies=[_OWN, CHECKED_FORM])
def link_provider(
    page: PageDep,
    settings: SettingsDep,
    client: OIDCDep,
    provider: str,
    proof: Annotated[str, Form()] = "",
) -> Response:
    """Go out to a provider, to link it; a page with a plain link, as for join links."""
    chosen = provider_named(page.providers, provider)
    try:
        outside.require_linking(page.prove(proof), page.now)
    except SHOWN as exc:
        return page.show("providers", exc)
    try:
        url, cookie = begin(
            page.request,
            settings,
            client,
            chosen,
            "/account",
            page.language,
            page.now,
            account_id=page.signed_in.account.id,
        )
    except SignInFailedError:
        return page.show("providers", SignInFailedError(words.OUTSIDE["failed"]))
    answer = render(page.request, "leave.html", {"provider": chosen, "address": url})
    set_cookie(answer, settings, "outside", cookie, FLOW_LASTS)
    return answer


@router.post("/account/providers/{provider}/unlink", dependencies=[_OWN, CHECKED_FORM])
def unlink_provider(page: PageDep, provider: str) -> Response:
    """Take a provider away, while another way to sign in remains."""
    offered = [each.name for each in page.providers]
    actor = page.signed_in.actor
    return page.act(
        "providers",
        "unlinked",
        lambda: outside.unlink(page.session, actor, provider, offered),
    )
