"""Two names are compared whatever their order, marks and initials, and never decide alone."""

import csv
import random
import re
from collections import defaultdict
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.names.compare import Agreement, NameEvidence, compare_names, compare_readings
from registry.names.frequencies import vietnamese_names
from registry.names.keys import name_keys
from registry.names.tokens import readings

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "tests" / "data" / "names" / "vn_legacy_name_samples.csv"
COUNTS = ROOT / "registry" / "names" / "data" / "vn_name_token_counts.csv"
# Forms that keep the letters: what the font codes become is for the decoder.
KEPT = (
    "nfd",
    "eth_for_d_stroke",
    "no_diacritics",
    "upper_no_diacritics",
    "western_order",
    "western_given_first",
    "given_hyphen_joined",
    "zero_width_and_nbsp",
)
INITIALS = ("surname_initials", "surname_comma_initials_dots")


def _bits(one: str, other: str) -> float:
    return compare_names(one, other).bits


def _how(one: str, other: str) -> list[Agreement]:
    return [shared.how for shared in compare_names(one, other).shared]


def _samples() -> list[tuple[str, str, str]]:
    with SAMPLES.open(encoding="utf-8", newline="") as file:
        return [(r["true_name"], r["variant"], r["text"]) for r in csv.DictReader(file)]


def _pool(size: int) -> list[str]:
    """Invented names drawn by the frequencies of tokens, and those of the samples."""
    tokens: dict[str, list[tuple[str, int]]] = defaultdict(list)
    with COUNTS.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            tokens[row["position"]].append((row["token"], int(row["count"])))
    rng = random.Random(1)

    def draw(place: str) -> str:
        return rng.choices([t for t, _ in tokens[place]], [n for _, n in tokens[place]])[0]

    found = {name for name, _, _ in _samples()}
    while len(found) < size:
        middles = [draw("middle") for _ in range(rng.choices([1, 2], [0.83, 0.17])[0])]
        found.add(" ".join([draw("surname"), *middles, draw("given")]))
    return sorted(found)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Hùng Nguyễn", "Nguyễn Văn Hùng"),
        ("Hung V. Nguyen", "Nguyễn Văn Hùng"),
        ("NGUYỄN VĂN HÙNG", "nguyen van hung"),
        ("GS.TS. Nguyễn Văn Hùng", "Nguyen V H"),
        ("Van-Hoa Nguyen 0001", "Nguyễn Văn Hoà"),
        ("Vanhoa Nguyen", "Nguyễn Văn Hòa"),
        ("Hoa LE", "Lê Thị Hoa"),
        ("Lý Mỹ", "Lí Mĩ"),
        ("Trân Thi Mai", "Tran, Mai T."),
        ("Chris Manning", "Christopher D. Manning"),
    ],
)
def test_spellings_of_one_name_speak_for_one_person(one: str, other: str) -> None:
    assert _bits(one, other) > 3


@pytest.mark.parametrize(
    ("one", "other", "closer"),
    [
        ("Nguyễn Văn Hưng", "Nguyễn Văn Hùng", "Nguyen Van Hung"),
        ("Hoàng Văn Nam", "Huỳnh Văn Nam", "Nam Hoàng"),
        ("Vũ Thu Hà", "Võ Thu Hà", "Hà Vũ"),
        ("Trần Thanh Toản", "Trần Thanh Toàn", "Tran Thanh Toan"),
        ("Nguyễn Thanh Nam", "Nguyễn Thành Nam", "Nguyen Thanh Nam"),
        ("Lê Minh Anh", "Lê Minh Ánh", "Anh Le"),
    ],
)
def test_names_of_two_people_are_further_apart_than_a_worse_spelling_of_one(
    one: str, other: str, closer: str
) -> None:
    assert _bits(one, other) < _bits(one, closer)


def test_marks_that_differ_speak_against_and_marks_that_are_missing_do_not() -> None:
    differing = compare_names("Phạm Hưng", "Phạm Hùng").shared[1]
    missing = compare_names("Phạm Hưng", "Pham Hung").shared[1]

    assert (differing.how, missing.how) == (Agreement.MARKS_DIFFER, Agreement.MARKS_MISSING)
    assert differing.bits < 0 < missing.bits


def test_a_token_that_many_have_says_little() -> None:
    shared = {s.one[0]: s.bits for s in compare_names("Nguyễn Văn Khoa", "Nguyễn Văn Khoa").shared}

    assert shared["văn"] < shared["khoa"] / 2
    assert shared["nguyễn"] < shared["khoa"] / 2


def test_an_initial_says_less_than_the_word_and_a_wrong_one_speaks_against() -> None:
    word, initial, wrong = (_bits("Lê Thị Hoa", other) for other in ("Lê Hoa", "Lê H", "Lê K"))

    assert word > initial > 0 > wrong


def test_a_dropped_middle_name_costs_less_than_one_that_differs() -> None:
    same, dropped, other = (
        _bits("Đỗ Thị Thu Hiền", name) for name in ("Đỗ Thị Thu Hiền", "Đỗ Hiền", "Đỗ Văn Hiền")
    )

    assert same > dropped > other


@pytest.mark.parametrize("text", ["", "...", "1234", "( )"])
def test_a_text_without_letters_says_nothing(text: str) -> None:
    assert compare_names(text, "Nguyễn Văn Hùng") == NameEvidence(0.0)
    assert name_keys(text) == frozenset()


def test_initials_without_spaces_are_read_as_letters_and_short_words_in_capitals_both_ways() -> (
    None
):
    assert readings("Nguyen VH")[0].toned == ("nguyen", "v", "h")
    assert {reading.toned for reading in readings("Hoa LE")} == {("hoa", "le"), ("hoa", "l", "e")}
    assert readings("NGUYEN VAN HOA")[0].toned == ("nguyen", "van", "hoa")


WORDS = re.findall(r"\w+", "Nguyễn Nguyen Văn Van V Thị Thu Hòa Hoà Hoa H Hùng Hưng Lê Le Vanhoa")
NAMES = st.lists(
    st.sampled_from(WORDS),
    min_size=1,
    max_size=5,
).map(" ".join)


@given(one=NAMES, other=NAMES)
def test_which_name_comes_first_does_not_matter(one: str, other: str) -> None:
    assert _bits(one, other) == pytest.approx(_bits(other, one))


@given(one=NAMES)
def test_nothing_fits_a_name_better_than_itself_written_again(one: str) -> None:
    moved = " ".join(reversed(one.split()))

    assert _bits(one, one) >= _bits(one, moved) - 1e-9
    assert name_keys(one) == name_keys(moved)


def test_every_form_of_a_name_shares_a_key_with_it() -> None:
    missed = [
        (text, name)
        for name, variant, text in _samples()
        if variant in (*KEPT, *INITIALS) and not name_keys(name) & name_keys(text)
    ]

    assert missed == []


def test_keys_leave_few_of_many_names_to_compare() -> None:
    pool = _pool(2_000)
    by_key: dict[str, set[str]] = defaultdict(set)
    for name in pool:
        for key in name_keys(name):
            by_key[key].add(name)

    sizes = [len(set().union(*(by_key[key] for key in name_keys(name)))) for name in pool[:200]]

    assert sum(sizes) / len(sizes) < 0.2 * len(pool)


def test_each_form_finds_its_name_among_many_and_initials_find_all_they_can_stand_for() -> None:
    pool = _pool(2_000)
    known = [(name, readings(name)) for name in pool]
    frequencies = vietnamese_names()
    wrong = []
    for name, variant, text in _samples():
        if variant not in (*KEPT, *INITIALS):
            continue
        asked = readings(text)
        scores = {n: compare_readings(asked, r, frequencies).bits for n, r in known}
        best = max(scores.values())
        tied = [n for n, bits in scores.items() if bits > best - 1e-9]

        is_right = name in tied and (len(tied) == 1 or variant in INITIALS)
        if not is_right:
            wrong.append((text, name, tied))

    assert wrong == []
