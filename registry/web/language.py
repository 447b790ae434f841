"""Vietnamese and English: which one a page or an error is in, and its texts."""

import gettext
from functools import cache
from importlib.resources import files
from typing import Final, Literal

from starlette.requests import Request

Language = Literal["vi", "en"]
LANGUAGES: Final[tuple[Language, ...]] = ("vi", "en")
DEFAULT: Final[Language] = "vi"
DOMAIN: Final = "messages"


@cache
def texts(language: Language) -> gettext.NullTranslations:
    """The compiled catalogue of a language."""
    folder = files("registry.web").joinpath("locale")
    return gettext.translation(DOMAIN, str(folder), [language])


def _known(value: str | None) -> Language | None:
    return next((language for language in LANGUAGES if language == value), None)


def page_language(request: Request) -> Language:
    """What `?lang=` says, else Vietnamese: a shared address shows the same page to everybody."""
    return _known(request.query_params.get("lang")) or DEFAULT


def api_language(request: Request) -> Language:
    """What `?lang=` says, else the first of the client's languages that there is, else English."""
    chosen = _known(request.query_params.get("lang"))
    if chosen:
        return chosen
    for part in request.headers.get("accept-language", "").split(","):
        wanted = _known(part.split(";")[0].strip().lower().split("-")[0])
        if wanted:
            return wanted
    return "en"
