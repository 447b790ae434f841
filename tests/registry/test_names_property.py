"""Vietnamese names in every way in which people write them are one name, and are found."""

import csv
import io
import random
import unicodedata
from collections.abc import Callable
from importlib.resources import files
from typing import Final, Literal, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.load import load_whole
from registry.access.policy import LOCAL_STEWARD
from registry.db import Database
from registry.errors import InvalidInputError
from registry.experts import listing
from registry.experts.filters import parse_name
from registry.experts.listing import ListRequest
from registry.names import parse
from registry.text import clean, fold, words
from tests.factories import NOW, make_person


def _surnames() -> tuple[str, ...]:
    folder = files("registry.names").joinpath("data")
    tables = ("vn_surname_shares.csv", "vn_surnames_compound_and_minority.csv")
    rows = [
        row
        for table in tables
        for row in csv.DictReader(io.StringIO(folder.joinpath(table).read_text("utf-8")))
    ]
    return tuple(dict.fromkeys(row["surname"] for row in rows))


SURNAMES: Final = _surnames()
MIDDLES: Final = ("Văn", "Thị", "Đình", "Đức", "Hữu", "Ngọc", "Thuý", "Quỳnh", "Như Ý")
GIVEN: Final = ("Hoà", "Hòa", "Đạt", "Ưng", "Yến", "Thuỷ", "Huyền", "Được", "Oanh", "Ỷ", "Quý")

NAMES: Final = st.tuples(
    st.sampled_from(SURNAMES), st.sampled_from(MIDDLES), st.sampled_from(GIVEN)
).map(" ".join)
Form = Literal["NFC", "NFD", "NFKC", "NFKD"]
FORMS: Final = st.sampled_from(get_args(Form))
SEPARATORS: Final = st.sampled_from((" ", "-", "\u2010", "\u2011", "–", ".", ", ", "\u00a0", "·"))


def _written(name: str, separator: str, is_turned: bool, is_folded: bool, case: str) -> str:
    parts = (fold(name) if is_folded else name).split(" ")
    # The family name goes to the end, whatever number of words it has.
    text = separator.join([*parts[1:], parts[0]] if is_turned else parts)
    return {"lower": text.lower(), "upper": text.upper()}.get(case, text)


WAYS: Final = st.tuples(
    SEPARATORS, st.booleans(), st.booleans(), st.sampled_from(("lower", "upper", "as it is"))
)


# One form.


@given(st.one_of(NAMES, st.text()))
def test_fold_is_done_after_one_pass(text: str) -> None:
    once = fold(text)

    assert fold(once) == once
    assert unicodedata.is_normalized("NFC", once)


@given(st.one_of(NAMES, st.text()))
def test_composed_and_decomposed_text_is_cleaned_and_folded_alike(text: str) -> None:
    composed, decomposed = (unicodedata.normalize(form, text) for form in ("NFC", "NFD"))

    assert clean(composed) == clean(decomposed)
    assert fold(composed) == fold(decomposed)
    assert words(composed) == words(decomposed)


@given(NAMES, FORMS)
def test_a_folded_vietnamese_name_is_small_ascii_letters(name: str, form: Form) -> None:
    folded = fold(unicodedata.normalize(form, name))

    assert folded.replace(" ", "").isascii()
    assert folded == fold(name.upper()) == folded.lower()
    assert len(folded.split()) == len(name.split())


@given(NAMES, FORMS, st.sampled_from(("Ð", "Ɖ")))
def test_look_alikes_of_d_are_the_same_name(name: str, form: Form, eth: str) -> None:
    small = {"Ð": "ð", "Ɖ": "ɖ"}[eth]
    typed = name.replace("Đ", eth).replace("đ", small)

    assert clean(unicodedata.normalize(form, typed)) == name


# Parts.


@given(st.one_of(NAMES, st.text(max_size=80)), WAYS)
def test_a_name_in_any_form_is_taken_apart_alike(
    name: str, way: tuple[str, bool, bool, str]
) -> None:
    text = _written(name, *way)

    composed, decomposed = (
        parse.parse_name(unicodedata.normalize(form, text)) for form in ("NFC", "NFD")
    )

    assert composed == decomposed


@given(NAMES)
def test_the_parts_of_a_name_are_words_of_it_and_the_family_name_leads(name: str) -> None:
    parsed = parse.parse_name(name, "family_first")

    parts = [part for part in (parsed.family, parsed.middle, parsed.given) if part]
    assert parsed.family is not None
    assert parsed.display.startswith(parsed.family)
    assert " ".join(parts) == parsed.display


# Lists.


@pytest.fixture(scope="module")
def world(make_database: Callable[[str], Database]) -> Database:
    """Ninety people with invented names, written in all ways."""
    database, dice = make_database("names_property"), random.Random(5)
    people = []
    for number, name in enumerate(STORED):
        separator = dice.choice((" ", " ", "-", "\u2010", "–", ", "))
        form: Form = dice.choice(("NFC", "NFD"))
        text = _written(name, separator, dice.random() < 0.4, False, dice.choice(("upper", "")))
        people.append(make_person(str(number), unicodedata.normalize(form, text)))
    load_whole(database, LOCAL_STEWARD, people, NOW)
    return database


def _stored() -> tuple[str, ...]:
    dice = random.Random(3)
    return tuple(
        " ".join((dice.choice(SURNAMES), dice.choice(MIDDLES), dice.choice(GIVEN)))
        for _ in range(90)
    )


STORED: Final = _stored()


def _found(database: Database, typed: str) -> list[str]:
    """Words of the names that are found, each without marks and in one order."""
    with database.session() as session:
        answer = listing.list_people(session, LOCAL_STEWARD, ListRequest(q=typed, limit=100), NOW)
    return [_key(person.display_name) for person in answer.people]


def _key(name: str) -> str:
    query = parse_name(name)
    assert query is not None
    return " ".join(sorted(query.folded))


@settings(max_examples=100, deadline=None)
@given(name=st.sampled_from(STORED), way=WAYS, form=FORMS)
def test_whoever_is_in_the_list_is_found_however_his_name_is_typed(
    world: Database, name: str, way: tuple[str, bool, bool, str], form: Form
) -> None:
    typed = unicodedata.normalize(form, _written(name, *way))

    assert _key(name) in _found(world, typed)


@settings(max_examples=60, deadline=None)
@given(name=st.sampled_from([n for n in STORED if "Đ" in n]), d=st.sampled_from("ĐÐƉDđðɖd"))
def test_every_way_of_typing_d_finds_the_name(world: Database, name: str, d: str) -> None:
    assert _key(name) in _found(world, name.replace("Đ", d))


@settings(max_examples=60, deadline=None)
@given(name=st.sampled_from(STORED), data=st.data())
def test_the_first_letters_of_a_name_find_it_and_one_letter_more_does_not(
    world: Database, name: str, data: st.DataObject
) -> None:
    parts = fold(name).split()
    begun = [part[: data.draw(st.integers(1, len(part)))] for part in parts]

    assert _key(name) in _found(world, " ".join(begun))
    assert _key(name) not in _found(world, " ".join([*begun, "xq"]))


@settings(max_examples=100, deadline=None)
@given(
    typed=st.one_of(
        # No half characters: no client can send them.
        st.text(st.characters(codec="utf-8"), max_size=120),
        st.text(st.characters(categories=("Cc", "Cf", "Mn", "Lm", "Po", "Lo")), max_size=20),
        st.text("%_\\'\"\x00đĐÐ\u0323\u0301a-", max_size=20),
    )
)
def test_no_typed_name_is_a_fault_of_the_server(world: Database, typed: str) -> None:
    try:
        found = _found(world, typed)
    except InvalidInputError as exc:
        assert len(clean(typed)) > 100 or "no word" in str(exc)  # noqa: PT017
        return

    assert len(found) <= len(STORED)
    assert clean(typed) or len(found) == len(STORED)
