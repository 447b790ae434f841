"""Interface texts: nothing that a page can show lacks a translation."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

import ingest
import registry
from registry.web.labels import LABELS
from registry.web.language import LANGUAGES, Language, texts

ROOMS = [Path(room.__path__[0]) for room in (registry, ingest)]
FOLDER = ROOMS[0] / "web" / "locale"
METHODS = [("**.py", "python"), ("**/templates/**.html", "jinja2")]
OPTIONS = {"**/templates/**.html": {"trimmed": "true", "silent": "false"}}
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]")

Message = str | tuple[str, ...]


def _shown() -> Iterator[Message]:
    keywords = {"_": None, "gettext": None, "N_": None, "ngettext": (1, 2)}
    for room in ROOMS:
        for _, _, message, _, _ in extract_from_dir(room, METHODS, OPTIONS, keywords=keywords):
            yield message


def _catalogue(language: str) -> Catalog:
    path = FOLDER / language / "LC_MESSAGES" / "messages.po"
    with path.open("rb") as file:
        return read_po(file, locale=language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_translated(language: str) -> None:
    catalogue = _catalogue(language)
    shown = set(_shown())

    assert len(shown) > 100
    for message in shown:
        entry = catalogue.get(message[0] if isinstance(message, tuple) else message)
        assert entry is not None, message
        assert not entry.fuzzy, message
        forms = entry.string if isinstance(entry.string, tuple) else (entry.string,)
        assert all(forms), message


@pytest.mark.parametrize("language", LANGUAGES)
def test_translations_keep_their_placeholders_and_nothing_is_left_over(language: str) -> None:
    shown = {m[0] if isinstance(m, tuple) else m for m in _shown()}

    for entry in _catalogue(language):
        one = entry.id[0] if isinstance(entry.id, tuple) else entry.id
        if not one:
            continue
        assert one in shown, one
        forms = entry.string if isinstance(entry.string, tuple) else (entry.string,)
        for form in forms:
            assert set(PLACEHOLDER.findall(form)) == set(PLACEHOLDER.findall(one)), one


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_compiled_catalogue_is_that_of_the_texts(language: Language) -> None:
    compiled = texts(language)

    for entry in _catalogue(language):
        if isinstance(entry.id, tuple):
            one, many = entry.id
            assert {compiled.ngettext(one, many, n) for n in (1, 2)} == set(entry.string)
        elif entry.id:
            assert compiled.gettext(entry.id) == entry.string


def test_every_label_has_a_vietnamese_word() -> None:
    same_in_both = {"ORCID", "OpenAlex"}

    for words in LABELS.values():
        for word in set(words.values()) - same_in_both:
            assert texts("vi").gettext(word) != word
