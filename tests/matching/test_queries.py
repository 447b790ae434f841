"""Typed queries: what is refused, what is taken off, how marks are repaired."""

import pytest

from matching.queries import read_wording, without_request
from matching.tones import ToneRestorer


@pytest.fixture(scope="module")
def restorer() -> ToneRestorer:
    return ToneRestorer.bundled()


@pytest.mark.parametrize(
    ("typed", "searched"),
    [
        ("chuyên gia thiết kế vi mạch", "thiết kế vi mạch"),
        ("cần tìm chuyên gia về vắc xin mRNA", "vắc xin mRNA"),
        ("chuyen gia trong linh vuc nang luong gio", "nang luong gio"),
        ("experts in rare earth separation", "rare earth separation"),
        ("battery recycling specialists", "battery recycling"),
        # Nothing, or too little, would be left.
        ("chuyên gia", "chuyên gia"),
        ("chuyên gia AI", "chuyên gia AI"),
        # Here the words are the subject.
        ("tìm kiếm ngữ nghĩa", "tìm kiếm ngữ nghĩa"),
        ("nhà khoa học dữ liệu", "nhà khoa học dữ liệu"),
        ("expert systems for diagnosis", "expert systems for diagnosis"),
    ],
)
def test_the_frame_of_a_request_is_taken_off_and_the_subject_stays(
    typed: str, searched: str
) -> None:
    assert without_request(typed) == searched


def test_missing_marks_are_put_in_and_marks_that_were_typed_stay(restorer: ToneRestorer) -> None:
    bare = read_wording("thiet ke vi mach ban dan", restorer)
    marked = read_wording("thiết kế vi mạch bán dẫn", restorer)

    assert bare.readings[0] == marked.readings[0] == "thiết kế vi mạch bán dẫn"
    assert bare.language == marked.language == "vi"


def test_english_is_left_as_it_is(restorer: ToneRestorer) -> None:
    wording = read_wording("semiconductor chip design", restorer)

    assert wording.readings == ("semiconductor chip design",)
    assert wording.language == "en"


def test_when_unsure_two_readings_are_searched(restorer: ToneRestorer) -> None:
    readings = [
        read_wording(text, restorer).readings
        for text in ("ma", "bao ve", "thuy san", "co khi", "gia cong", "dien gio", "tau bay")
    ]

    assert all(1 <= len(found) <= 2 for found in readings)
    assert any(len(found) == 2 for found in readings)
