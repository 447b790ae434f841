"""Where invented people work and studied: real research bodies, and firms that are invented."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Final

from ingest.demo.names import Weighted, strip_marks
from ingest.demo.tables import Phrase, rows, taxonomy_rows

# Kinds of body that fit a product of the strategic list of 2026 (Decision 21/2026/QĐ-TTg).
PRODUCT_TAGS: Final[Mapping[int, Sequence[str]]] = {
    **dict.fromkeys(range(1, 6), ("ict",)),
    6: ("ict", "elec"), 7: ("mech", "ict"), 8: ("mech", "elec"), 9: ("crypto", "ict"),
    10: ("med", "bio"), 11: ("med",), 12: ("med", "materials"), 13: ("bio", "materials"),
    14: ("agri", "bio"), 15: ("food", "agri"), 16: ("agri", "bio"), 17: ("materials", "chem"),
    18: ("materials", "energy"), 19: ("chem", "energy"), 20: ("elec",), 21: ("chem", "geo"),
    22: ("aero", "mech"), 23: ("elec", "ict"), 24: ("physics", "crypto"), 25: ("mining", "chem"),
    26: ("marine", "geo"), 27: ("nuclear",), 28: ("space", "aero", "geo"),
    29: ("civil", "transport"), 30: ("transport", "mech"),
}  # fmt: skip
GENERIC_TAGS: Final = ("general",)

# Shares of scholars of Vietnamese origin abroad, estimated; only the order is meant seriously.
COUNTRIES: Final = Weighted(
    {
        "US": 31, "AU": 12, "FR": 11, "JP": 9, "KR": 7, "DE": 6.5, "CA": 5, "GB": 5, "SG": 3,
        "TW": 2.5, "NL": 1.5, "CH": 1.2, "BE": 1.3, "SE": 0.8, "CZ": 0.8, "NO": 0.5, "FI": 0.6,
        "DK": 0.4, "IT": 0.5, "AT": 0.3, "PL": 0.4, "RU": 0.8, "NZ": 0.6, "CN": 0.8, "HK": 0.3,
        "IE": 0.3, "ES": 0.3,
    }
)  # fmt: skip

# The 34 provinces and cities since 1 July 2025 (Resolution 202/2025/QH15), by region.
PROVINCES: Final[Mapping[str, str]] = {
    row["province"]: row["region"] for row in rows("provinces.csv")
}
_SECTOR_WORDS: Final[Mapping[str, Phrase]] = {
    "ict": Phrase("Công nghệ số", "Digital"), "crypto": Phrase("An toàn thông tin", "Security"),
    "elec": Phrase("Điện – Điện tử", "Electronics"), "mech": Phrase("Cơ khí", "Machinery"),
    "med": Phrase("Y sinh", "Biomedical"), "bio": Phrase("Sinh học", "Bio"),
    "agri": Phrase("Nông nghiệp", "Agri"), "food": Phrase("Thực phẩm", "Foods"),
    "materials": Phrase("Vật liệu", "Materials"), "chem": Phrase("Hóa chất", "Chemicals"),
    "energy": Phrase("Năng lượng", "Energy"), "geo": Phrase("Địa kỹ thuật", "Geo"),
    "mining": Phrase("Khoáng sản", "Minerals"), "marine": Phrase("Công trình biển", "Offshore"),
    "nuclear": Phrase("Kỹ thuật hạt nhân", "Nuclear"), "space": Phrase("Không gian", "Space"),
    "aero": Phrase("Hàng không", "Aero"), "civil": Phrase("Xây dựng", "Structures"),
    "transport": Phrase("Đường sắt", "Rail"), "physics": Phrase("Quang tử", "Photonics"),
    "general": Phrase("Tổng hợp", "Group"),
}  # fmt: skip
_STEMS_VI: Final = (
    "Lam", "Khải", "Vạn", "Tân", "Thiên", "Trường", "Bách", "Nguyên", "Hải", "Sao", "An", "Đại",
    "Phú", "Gia", "Minh",
)  # fmt: skip
_ENDS_VI: Final = (
    "Thạch", "Phương", "Khê", "Vân", "Lộc", "Dương", "Tín", "Hòa", "Khang", "Quang", "Sơn",
    "Thịnh", "Giang", "Đăng", "Bình",
)  # fmt: skip
_STEMS: Final = (
    "Arven", "Quor", "Belli", "Tarn", "Novi", "Hald", "Mirra", "Osten", "Kelv", "Lumer", "Vanta",
    "Sorel", "Draco", "Ilmar", "Pelago",
)  # fmt: skip
_ENDS: Final = ("vane", "ix", "ora", "quist", "dyne", "field", "nova", "tek", "lane", "mark")
_FORMS: Final[Mapping[str, str]] = {
    "US": "Inc.", "CA": "Inc.", "AU": "Pty Ltd", "NZ": "Ltd", "GB": "Ltd", "IE": "Ltd", "FR": "SAS",
    "JP": "K.K.", "KR": "Co., Ltd.", "TW": "Co., Ltd.", "CN": "Co., Ltd.", "HK": "Ltd",
    "SG": "Pte. Ltd.", "DE": "GmbH", "AT": "GmbH", "NL": "B.V.", "BE": "NV", "CH": "AG", "SE": "AB",
    "NO": "AS", "FI": "Oy", "DK": "A/S", "IT": "S.r.l.", "ES": "S.L.", "PL": "Sp. z o.o.",
    "CZ": "s.r.o.", "RU": "LLC",
}  # fmt: skip


@dataclass(frozen=True)
class Organisation:
    """A body; `ror_id` only where the bundled table has it, `province` only in Vietnam."""

    name: str
    country_code: str | None
    place: Phrase
    sector: str
    ror_id: str | None = None
    province: str | None = None
    teaches: bool = False
    tags: frozenset[str] = frozenset()
    weight: float = 1.0
    since: int = 0


def place_in_vietnam(vietnamese: str) -> Phrase:
    """A Vietnamese place with the form that English texts print."""
    known = {"Hà Nội": "Hanoi", "Thành phố Hồ Chí Minh": "Ho Chi Minh City"}
    return Phrase(vietnamese, known.get(vietnamese, strip_marks(vietnamese)))


@cache
def _by_country() -> dict[str, list[Organisation]]:
    published = {row["ror_id"]: row for row in taxonomy_rows("ror_vietnam_flat.csv")}
    found: dict[str, list[Organisation]] = {}
    for row in rows("domestic_organisations.csv"):
        record = published[row["ror_id"]]
        found.setdefault("VN", []).append(
            Organisation(
                name=(record["name_vi"] or record["display_name"]).split(" | ")[0],
                country_code="VN",
                place=place_in_vietnam(row["province"]),
                sector=row["sector"],
                ror_id=row["ror_id"],
                province=row["province"],
                teaches="education" in record["types"],
                tags=frozenset(row["tags"].split()),
                weight=float(row["weight"]),
                since=int(row["since"] or 0),
            )
        )
    for row in rows("overseas_organisations.csv"):
        tags = frozenset(row["tags"].split())
        found.setdefault(row["country_code"], []).append(
            Organisation(
                name=row["name"],
                country_code=row["country_code"],
                place=Phrase(row["city"], row["city"]),
                sector=row["sector"],
                teaches=row["sector"] == "science" and "general" in tags,
                tags=tags,
                weight=float(row["weight"]),
            )
        )
    return found


def draw_body(
    rng: Random,
    country: str,
    tags: Sequence[str],
    sector: str,
    year: int,
    *,
    teaches: bool = False,
) -> Organisation:
    """A research or state body of a country that fits the tags, else the nearest there is.

    Args:
        year: The body existed by then.
        teaches: Only bodies that give degrees.
    """
    of_country = [body for body in _by_country()[country] if body.since <= year]
    fitting = [
        body
        for body in of_country
        if (body.sector == sector or (teaches and body.sector == "science"))
        and (body.teaches or not teaches)
    ]
    if sector == "state" and country == "VN" and rng.random() < 0.35:
        return _provincial_centre(rng)
    fitting = fitting or [body for body in of_country if body.teaches]
    close = [b for b in fitting if not b.tags.isdisjoint(tags)]
    general = [b for b in fitting if "general" in b.tags]
    choices = close if close and (country == "VN" or rng.random() < 0.6) else general or fitting
    return rng.choices(choices, [body.weight for body in choices])[0]


def _provincial_centre(rng: Random) -> Organisation:
    province = rng.choice(list(PROVINCES))
    return Organisation(
        name=f"Trung tâm Ứng dụng tiến bộ khoa học {province} (giả định)",
        country_code="VN",
        place=place_in_vietnam(province),
        sector="state",
        province=province,
    )


def draw_company(rng: Random, country: str | None, tag: str) -> Organisation:
    """An invented firm, marked as such in its name; None for a firm of unknown country."""
    word = _SECTOR_WORDS[tag]
    if country == "VN":
        province = rng.choice(
            ("Hà Nội", "Hà Nội", "Thành phố Hồ Chí Minh", "Thành phố Hồ Chí Minh", "Đà Nẵng",
             "Bắc Ninh", "Đồng Nai", "Hải Phòng", "Cần Thơ", "Khánh Hòa")
        )  # fmt: skip
        stem = f"{rng.choice(_STEMS_VI)} {rng.choice(_ENDS_VI)}"
        form = rng.choice(("Công ty TNHH", "Công ty Cổ phần"))
        name = f"{form} {word.vi} {stem} (giả định)"
        place = place_in_vietnam(province)
        return Organisation(name, "VN", place, "enterprise", province=province)
    stem = f"{rng.choice(_STEMS)}{rng.choice(_ENDS)}"
    if country is None:
        place = Phrase("nhiều nước", "several countries")
        return Organisation(f"{stem} {word.en} (fictional)", None, place, "enterprise")
    near = rng.choice(_by_country()[country])
    name = f"{stem} {word.en} {_FORMS[country]} (fictional)"
    return Organisation(name, country, near.place, "enterprise")
