"""From a template and values to a page in the reader's language."""

import hashlib
import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from registry.access.policy import permissions_of
from registry.config import Settings
from registry.web.cookies import cookie_name, form_token, session_cookie
from registry.web.labels import LABELS
from registry.web.language import DEFAULT, LANGUAGES, Language, page_language, texts

_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_WEB = re.compile(r"https?://\S+$", re.IGNORECASE)


def number(value: float, language: Language, digits: int = 0) -> str:
    """A number with the separators of the language: 1.234,5 in Vietnamese, 1,234.5 in English."""
    text = f"{value:,.{digits}f}"
    return text.translate(str.maketrans(",.", ".,")) if language == "vi" else text


def partial_date(text: str | None, language: Language) -> str:
    """A date as precise as it is known: 2024, 5/2024, 12/5/2024; or 2024, May 2024, 12 May 2024."""
    if not text:
        return ""
    year, *rest = text.split("-")
    numbers = [int(part) for part in rest]
    if language == "vi":
        return "/".join([*(str(n) for n in reversed(numbers)), year])
    month = [_MONTHS[numbers[0] - 1]] if numbers else []
    return " ".join([*(str(n) for n in numbers[1:]), *month, year])


def web_address(url: str | None) -> str | None:
    """The address when it leads to the web, else None: sources must not bring in scripts."""
    return url if url and _WEB.match(url) else None


@cache
def static(name: str) -> str:
    """Address of a static file; it changes with the content, so that no old copy is used."""
    content = files("registry.web").joinpath("static", name).read_bytes()
    return f"/static/{name}?v={hashlib.sha256(content).hexdigest()[:8]}"


def link(path: str, language: Language, **parameters: Any) -> str:
    """An address within this service that keeps the language; empty parameters are left out."""
    kept = {key: value for key, value in parameters.items() if value not in (None, "", [])}
    if language != DEFAULT:
        kept["lang"] = language
    return f"{path}?{urlencode(kept, doseq=True)}" if kept else path


def label(kind: str, code: str, language: Language) -> str:
    """The word for a code in the language; the code itself when there is none."""
    word = LABELS[kind].get(code)
    return texts(language).gettext(word) if word else code


@cache
def environment(language: Language) -> Environment:
    """The templates with the texts of one language."""
    made = Environment(
        loader=PackageLoader("registry.web"),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.install_gettext_translations(texts(language), newstyle=True)  # type: ignore[attr-defined]
    made.policies["ext.i18n.trimmed"] = True
    made.filters["number"] = lambda value, digits=0: number(value, language, digits)
    made.filters["partial_date"] = lambda text: partial_date(text, language)
    made.filters["web_address"] = web_address
    made.filters["signed"] = lambda value: ("+" if value >= 0 else "") + number(value, language, 1)
    made.globals.update(
        language=language,
        static=static,
        link=lambda path, **parameters: link(path, language, **parameters),
        label=lambda kind, code: label(kind, code, language),
    )
    return made


def _form_token(request: Request) -> str:
    # Of the cookie as it is, as `check_form` asks: after a session has ended, the browser still
    # sends it when somebody signs in anew.
    settings: Settings = request.app.state.settings
    token = request.cookies.get(session_cookie(settings))
    return form_token(token) if token else ""


def _has_news(request: Request) -> bool:
    """Whether others did something with the reader's account that he has not looked at yet."""
    settings: Settings = request.app.state.settings
    return bool(request.cookies.get(cookie_name(settings, "news")))


def render(
    request: Request,
    template: str,
    context: Mapping[str, Any],
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> HTMLResponse:
    """A page in the language of the request."""
    language = page_language(request)
    kept = [(k, v) for k, v in request.query_params.multi_items() if k != "lang" and "\0" not in v]
    # One slash only: "//host/" would lead to another host.
    path = "/" + request.url.path.lstrip("/")
    others = {
        other: f"{path}?{urlencode([*kept, ('lang', other)])}"
        for other in LANGUAGES
        if other != language
    }
    page = environment(language).get_template(template)
    signed_in = getattr(request.state, "signed_in", None)
    held = permissions_of(signed_in.actor) if signed_in is not None else frozenset()
    shared = {
        "path": path,
        "other_languages": others,
        "signed_in": signed_in,
        # What the reader may do: a page offers nothing else.
        "may": held.__contains__,
        "csrf": _form_token(request),
        "has_news": signed_in is not None and _has_news(request),
    }
    return HTMLResponse(page.render({**shared, **context}), status, headers)
