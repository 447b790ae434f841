"""JSON Resume as a draft: sections are items, other people and the home address stay out."""

import json
from typing import Any

import pytest

from ingest.own.items import Draft, Left
from ingest.own.reading import read_own
from registry.errors import ImportRefusedError
from registry.experts.schemas import Visibility
from tests.ingest.own_files import everything, items_of, values_of

RESUME: dict[str, Any] = {
    "$schema": "https://example.org/schema.json",
    "basics": {
        "name": "Trần Minh",
        "label": "Kỹ sư",
        "image": "data:…",
        "email": "minh@example.org",
        "phone": "+84 912 345 678",
        "summary": "Engineer who designs amplifiers.",
        "location": {"address": "12 Phố Kín", "city": "Hà Nội"},
        "profiles": [
            {"network": "ORCID", "url": "https://orcid.org/0000-0002-1825-0097"},
            {"network": "Chim", "username": "minh"},
        ],
        "nickname": "Tí",
    },
    "work": [
        {
            "name": "Công ty Vi mạch",
            "position": "Kỹ sư trưởng",
            "startDate": "2015-03",
            "summary": "Thiết kế nguồn",
            "highlights": ["Giảm 30% điện năng"],
            "url": "https://example.org",
        },
        {"name": "Viện Điện tử", "startDate": "2010", "endDate": "2009"},
    ],
    "volunteer": [{"organization": "Hội Vô tuyến", "position": "Thư ký"}],
    "education": [
        {"institution": "Đại học Kyoto", "area": "Robot", "studyType": "PhD", "endDate": "2009"},
        {"institution": "Trường nghề", "area": "Hàn", "studyType": "Chứng chỉ"},
    ],
    "awards": [{"title": "Giải Vàng", "date": "2017-02-30", "awarder": "Hội Vô tuyến"}],
    "publications": [
        {
            "name": "A low-power amplifier",
            "publisher": "Sensors",
            "releaseDate": "2011-05-01",
            "url": "https://doi.org/10.5555/s.1",
        }
    ],
    "skills": [{"name": "Analog", "keywords": ["amplifiers", "ADC"]}],
    "languages": [
        {"language": "English", "fluency": "Fluent"},
        {"language": "Tiếng Nhật", "fluency": "rất bay bổng"},
        {"language": "Klingon", "fluency": "Native speaker"},
    ],
    "interests": None,
    "projects": [{"name": "Vệ tinh nhỏ", "roles": ["Trưởng nhóm"], "entity": "VNSC"}],
    "references": [{"name": "Người Khác", "reference": "Rất tốt, hỏi khac@example.org"}],
    "certificates": [{"name": "PMP"}],
}


def read(data: Any) -> Draft:
    return read_own("x", json.dumps(data, ensure_ascii=False).encode())


def test_each_section_becomes_items_of_its_kind() -> None:
    draft = read(RESUME)

    assert draft.kind == "json_resume"
    assert values_of(draft, "name") == [{"display": "Trần Minh", "kind": "variant"}]
    assert values_of(draft, "affiliation")[0] == {
        "organisation": "Công ty Vi mạch",
        "role": {"vi": "Kỹ sư trưởng"},
    }
    assert values_of(draft, "post") == [
        {
            "title": {"vi": "Kỹ sư trưởng"},
            "organisation": "Công ty Vi mạch",
            "summary": {"vi": "Thiết kế nguồn Giảm 30% điện năng"},
        }
    ]
    assert values_of(draft, "degree") == [
        {"level": "doctor", "field": {"en": "Robot"}, "institution": "Đại học Kyoto"}
    ]
    assert values_of(draft, "work")[0]["doi"] == "10.5555/s.1"
    assert values_of(draft, "project")[0]["role"] == {"vi": "Trưởng nhóm"}
    assert values_of(draft, "external_id") == [{"scheme": "orcid", "value": "0000-0002-1825-0097"}]
    assert [i.where for i in items_of(draft, "affiliation")] == [
        "work[0]",
        "work[1]",
        "volunteer[0]",
    ]


def test_contacts_are_for_stewards_and_never_public() -> None:
    contacts = items_of(read(RESUME), "contact")

    assert [i.value.visibility for i in contacts] == [Visibility.STEWARDS, Visibility.STEWARDS]


def test_referees_and_the_home_address_are_nowhere_in_the_draft() -> None:
    draft = read(RESUME)

    told = everything(draft)
    for private in ("Người Khác", "khac@example.org", "Phố Kín", "Hà Nội", "data:"):
        assert private not in told
    assert {Left.REFERENCES, Left.ADDRESS, Left.PICTURES} <= {n.left for n in draft.notes}


def test_what_has_no_place_stands_unread_with_its_path() -> None:
    unread = {u.where: u.text for u in read(RESUME).unread}

    assert unread["basics.label"] == "Kỹ sư"
    assert unread["basics.nickname"] == "Tí"
    assert unread["basics.profiles[1]"] == "Chim minh"
    assert "Chứng chỉ" in unread["education[1]"]
    assert "Klingon" in unread["languages[2]"]
    assert unread["projects[0].entity"] == "VNSC"
    assert "PMP" in unread["certificates"]


def test_dates_that_cannot_be_are_kept_as_far_as_they_can() -> None:
    draft = read(RESUME)

    assert items_of(draft, "award")[0].value.started_on == "2017-02"
    second = items_of(draft, "affiliation")[1]
    assert (second.value.started_on, second.value.ended_on, second.sure) == ("2010", None, False)
    assert {n.where for n in draft.notes if n.left is Left.DATE} == {"awards[0]", "work[1]"}


def test_a_level_of_unknown_words_is_left_out_and_noted() -> None:
    draft = read(RESUME)

    assert values_of(draft, "language") == [{"code": "en", "level": "fluent"}, {"code": "ja"}]
    assert [i.sure for i in items_of(draft, "language")] == [True, False]
    assert [n.where for n in draft.notes if n.left is Left.LEVEL] == ["languages[1]"]


def test_a_passage_made_of_keywords_is_not_sure() -> None:
    passages = items_of(read(RESUME), "biography")

    assert [(i.text, i.sure) for i in passages] == [
        ("Engineer who designs amplifiers.", True),
        ("Analog: amplifiers, ADC", False),
    ]


@pytest.mark.parametrize(
    ("data", "where"),
    [
        ({"work": "none"}, "work"),
        ({"work": [{"name": 5}]}, "work[0].name"),
        ({"basics": {"name": ["A"]}}, "basics.name"),
        ({"education": [None]}, "education[0]"),
    ],
)
def test_a_resume_of_another_form_is_refused_with_the_place(data: Any, where: str) -> None:
    with pytest.raises(ImportRefusedError) as caught:
        read(data)

    assert [problem.where for problem in caught.value.problems] == [where]


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"a": 1}', "[" * 100_000, '{"basics": NaN}'])
def test_json_of_another_kind_is_refused(text: str) -> None:
    with pytest.raises(ImportRefusedError):
        read_own("x", text.encode())
