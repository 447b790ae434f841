"""Headings of people lists in Vietnamese or English, with or without marks. Pure."""

import re
from enum import StrEnum
from typing import Final

from registry.text import clean, fold

__all__ = ["LIST_COLUMNS", "Column", "known_headings", "recognise"]


class Column(StrEnum):
    """What a column of a people list holds; the value is its usual Vietnamese heading."""

    NAME = "Họ và tên"
    KEY = "Mã"
    BIRTH = "Năm sinh"
    SEX = "Giới tính"
    RANK = "Học hàm"
    DEGREE = "Học vị"
    TITLES = "Học hàm, học vị"
    POSITION = "Chức vụ"
    ORGANISATION = "Đơn vị công tác"
    COUNTRY = "Quốc gia"
    PROVINCE = "Tỉnh/Thành phố"
    FIELD = "Lĩnh vực"
    SPECIALITY = "Chuyên môn"
    LANGUAGE = "Ngoại ngữ"
    WORK = "Công trình tiêu biểu"
    PATENT = "Bằng sáng chế"
    PROJECT = "Đề tài"
    AWARD = "Giải thưởng"
    ORCID = "ORCID"
    NUMBER = "STT"
    CONTACT = "E-mail / Điện thoại"


# Columns that may occur several times: their cells are lists or add up.
LIST_COLUMNS: Final = frozenset(
    {Column.FIELD, Column.SPECIALITY, Column.LANGUAGE, Column.WORK, Column.PATENT}
    | {Column.PROJECT, Column.AWARD, Column.NUMBER, Column.CONTACT, Column.BIRTH}
)

_SYNONYMS: Final[dict[Column, str]] = {
    Column.NAME: "ho va ten|ho ten|ho va ten chuyen gia|ho ten chuyen gia|ten chuyen gia|ten|"
    "name|full name|expert name|name of expert",
    Column.KEY: "ma|id|ma so|ma chuyen gia|ma ho so|ma can bo|ma so ho so|code|expert id|person id",
    Column.BIRTH: "nam sinh|ngay sinh|ngay thang nam sinh|nam sinh duong lich|birth year|"
    "year of birth|date of birth|birth date|dob|born",
    Column.SEX: "gioi tinh|nam nu|gioi|sex|gender",
    Column.RANK: "hoc ham|chuc danh khoa hoc|chuc danh giao su|academic rank|academic title",
    Column.DEGREE: "hoc vi|trinh do|trinh do hoc van|trinh do dao tao|bang cap|degree|"
    "academic degree|highest degree|qualification",
    Column.TITLES: "hoc ham hoc vi|hoc vi hoc ham|hoc ham va hoc vi|rank and degree|"
    "academic rank and degree|title|titles",
    Column.POSITION: "chuc danh|chuc vu|chuc danh chuc vu|chuc vu chuc danh|chuc vu hien nay|"
    "vi tri cong tac|vi tri|nghe nghiep|position|job title|post|occupation|role",
    Column.ORGANISATION: "don vi cong tac|don vi|co quan|co quan cong tac|co quan don vi|"
    "co quan don vi cong tac|noi cong tac|noi lam viec|to chuc|organisation|organization|"
    "affiliation|employer|institution|workplace|company",
    Column.COUNTRY: "quoc gia|nuoc|nuoc lam viec|quoc gia cong tac|quoc gia lam viec|"
    "nuoc so tai|quoc gia cu tru|country|country of work|country of residence",
    Column.PROVINCE: "tinh thanh pho|tinh thanh|tinh|thanh pho|tinh tp|dia phuong|province|"
    "city|province city|city province",
    Column.FIELD: "linh vuc|linh vuc khoa hoc|linh vuc nghien cuu|nganh|ma linh vuc|ma nganh|"
    "linh vuc khcn|linh vuc khoa hoc va cong nghe|field|field of research|research field|"
    "field code|fields|discipline",
    Column.SPECIALITY: "chuyen mon|huong nghien cuu|chuyen nganh|linh vuc chuyen mon|"
    "chuyen mon sau|huong nghien cuu chinh|the manh|tieu su|gioi thieu|expertise|speciality|"
    "specialty|specialisation|specialization|research interests|biography|profile",
    Column.LANGUAGE: "ngoai ngu|ngon ngu|trinh do ngoai ngu|language|languages|foreign languages",
    Column.WORK: "cong trinh tieu bieu|cong trinh|cong trinh khoa hoc|cong bo|bai bao|"
    "cac cong trinh|cong trinh cong bo|works|publications|selected publications|papers",
    Column.PATENT: "bang sang che|sang che|bang doc quyen sang che|giai phap huu ich|"
    "patent|patents",
    Column.PROJECT: "de tai|du an|de tai du an|de tai nghien cuu|nhiem vu khcn|project|projects|"
    "research projects",
    Column.AWARD: "giai thuong|khen thuong|danh hieu|giai thuong khoa hoc|award|awards|prizes|"
    "honours",
    Column.ORCID: "orcid|orcid id|ma orcid|ma so orcid|orcid id number",
    Column.NUMBER: "stt|tt|so tt|so thu tu|no|nr|row",
    Column.CONTACT: "email|e mail|thu dien tu|dia chi email|dia chi e mail|hop thu|dien thoai|"
    "so dien thoai|sdt|dt|dien thoai di dong|di dong|dtdd|tel|phone|phone number|telephone|mobile|"
    "fax|zalo|dia chi|dia chi lien he|lien he|address|contact|cccd|so cccd|cmnd|so cmnd|cmnd cccd|"
    "can cuoc cong dan|so dinh danh|so dinh danh ca nhan|ho chieu|so ho chieu|passport|"
    "passport number|ma so thue|so tai khoan",
}
_BY_WORDS: Final = {
    words: column for column, text in _SYNONYMS.items() for words in text.split("|")
}
_BRACKETS: Final = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_NO_WORD: Final = re.compile(r"[^\w]+|_+")


def _words(text: str) -> str:
    """The folded words of a heading, without a number at its end."""
    words = _NO_WORD.sub(" ", fold(clean(text))).split()
    while len(words) > 1 and words[-1].isdigit():
        words.pop()
    return " ".join(words)


def recognise(heading: str) -> Column | None:
    """Which column a heading names, or None.

    Words in brackets are set aside ("Ngày sinh (dd/mm/yyyy)"). A heading in two languages is known
    when its known parts agree ("Họ và tên / Full name").
    """
    if column := _BY_WORDS.get(_words(_BRACKETS.sub(" ", heading))):
        return column
    parts = {_BY_WORDS.get(_words(part)) for part in re.split(r"[/|\n()]", heading)}
    found = parts - {None}
    return found.pop() if len(found) == 1 else None


def known_headings() -> str:
    """The usual headings, for a message."""
    return ", ".join(column.value for column in Column)
