"""The pages through the real application: languages, states, escaping, headers."""

import re
from typing import Any
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient

from registry.web.pages import number, partial_date, web_address

CHIP = quote("thiết kế vi mạch bán dẫn")
PAGES = ["/", f"/?q={CHIP}", "/roles", "/roles/p01a", "/nothing", "/?q=%3F", "/static/site.css"]


def _page(client: TestClient, address: str, status: int = 200) -> str:
    answer = client.get(address)
    assert answer.status_code == status, answer.text[:500]
    assert answer.headers["content-type"].startswith("text/html")
    text: str = answer.text
    return text


def _somebody(client: TestClient) -> dict[str, Any]:
    answer = client.post("/api/v1/searches", json={"query": "vi mạch", "limit": 1}).json()
    person: dict[str, Any] = answer["people"][0]
    return person


def test_vietnamese_is_the_default_and_english_its_equal(client: TestClient) -> None:
    vietnamese, english = _page(client, "/"), _page(client, "/?lang=en")

    assert '<html lang="vi">' in vietnamese
    assert "Bạn cần chuyên môn nào?" in vietnamese
    assert '<html lang="en">' in english
    assert "Which expertise do you need?" in english


def test_the_language_is_kept_in_links_and_forms_and_can_be_switched_anywhere(
    client: TestClient,
) -> None:
    page = _page(client, f"/?q={CHIP}&groups=6&groups=1&lang=en")

    assert '<input type="hidden" name="lang" value="en">' in page
    assert 'href="/roles?lang=en"' in page
    assert re.search(r'href="/experts/[0-9a-f-]{36}\?lang=en"', page)
    assert f'href="/?q={CHIP.replace("%20", "+")}&amp;groups=6&amp;groups=1&amp;lang=vi"' in page


def test_a_result_shows_who_how_similar_and_by_which_evidence(client: TestClient) -> None:
    page = _page(client, f"/?q={CHIP}")

    assert "hồ sơ giả định" in page
    assert "độ tương đồng <strong>0," in page
    assert "<mark>" in page
    assert "dữ liệu minh họa" in page
    assert "chưa kiểm chứng" in page
    assert "xác suất" not in page
    assert "probability" not in _page(client, f"/?q={CHIP}&lang=en")


def test_no_card_shows_more_than_three_passages(client: TestClient) -> None:
    cards = _page(client, f"/?q={CHIP}").split('<li class="person">')[1:]

    assert len(cards) == 20
    assert max(card.count('<li class="passage">') for card in cards) <= 3


def test_filters_are_named_in_the_language_of_the_page_and_stay_chosen(client: TestClient) -> None:
    vietnamese = _page(client, f"/?q={CHIP}&residences=overseas")
    english = _page(client, f"/?q={CHIP}&residences=overseas&lang=en")

    chosen = r'name="residences" value="overseas" form="search" checked'
    assert re.search(chosen, vietnamese)
    assert re.search(chosen, english)
    assert "Ở nước ngoài" in vietnamese
    assert "Overseas" in english
    assert "Công nghệ chip bán dẫn" in vietnamese
    assert "Khoa học kỹ thuật" in vietnamese or "Engineering" in english


def test_a_query_without_marks_tells_what_was_searched_for(client: TestClient) -> None:
    page = _page(client, "/?q=thiet+ke+vi+mach+ban+dan")

    assert "Đã tìm với" in page
    assert "thiết kế vi mạch bán dẫn" in page
    assert "Đã tìm với" not in _page(client, f"/?q={CHIP}")


def test_a_search_that_leaves_nobody_says_what_to_do(client: TestClient) -> None:
    page = _page(client, f"/?q={CHIP}&countries=AQ")

    assert "Không có ai để hiển thị" in page
    assert "tìm lại không dùng bộ lọc" in page
    assert "Nam Cực" in page


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("x" * 3000, "3.000 ký tự"),
        ("?!", "Chưa có từ nào để tìm"),
        ("robot&countries=ZZ", "bộ lọc không hợp lệ"),
    ],
)
def test_a_wrong_input_is_explained_beside_the_box_and_kept(
    client: TestClient, query: str, message: str
) -> None:
    page = _page(client, f"/?q={query}", 422)

    assert message in page
    assert 'role="alert"' in page
    assert f'value="{query.split("&")[0]}"' in page


def test_filters_outlive_a_wrong_query(client: TestClient) -> None:
    page = _page(client, "/?q=%3F&groups=6&countries=VN", 422)

    assert '<input type="hidden" name="groups" value="6" form="search">' in page
    assert '<input type="hidden" name="countries" value="VN" form="search">' in page


def test_failures_are_pages_that_keep_what_was_typed(client: TestClient) -> None:
    missing = _page(client, "/nothing?q=robot", 404)
    english = _page(client, "/experts/00000000-0000-7000-8000-000000000000?lang=en", 404)

    assert "Không có trang này" in missing
    assert 'value="robot"' in missing
    assert "Not found" in english
    assert "NUL" in _page(client, "/?q=ro%00bot", 422)
    assert "limit" in _page(client, "/?q=robot&limit=1000", 422)
    assert _page(client, "/roles/p99z", 404)


def test_what_is_typed_is_never_markup(client: TestClient) -> None:
    typed = quote('"><script>alert(1)</script>')

    for address in (f"/?q={typed}", f"/?q=robot&purpose={typed}", f"/{typed}", f"/x?q={typed}"):
        assert "<script" not in client.get(address).text


def test_no_link_leads_to_another_host(client: TestClient) -> None:
    page = client.get("http://testserver//elsewhere.example/").text

    assert 'href="//' not in page


def test_a_role_shows_its_lines_and_who_meets_which(client: TestClient) -> None:
    vietnamese, english = _page(client, "/roles/p01a"), _page(client, "/roles/p01a?lang=en")

    assert "Đã tiền huấn luyện hoặc huấn luyện tiếp" in vietnamese
    assert "chưa có minh chứng" in vietnamese
    assert "bắt buộc" in vietnamese
    assert "Has pre-trained or continued training" in english
    assert "no evidence" in english
    assert '<li class="line met">' in english


def test_all_programmes_are_listed_under_their_groups(client: TestClient) -> None:
    page = _page(client, "/roles")

    assert page.count('<li class="programme">') == 30
    assert 'href="/roles/p30b"' in page


def test_a_profile_shows_statements_with_source_and_verification(client: TestClient) -> None:
    person = _somebody(client)
    address = f"/experts/{person['expert_id']}"

    vietnamese, english = _page(client, address), _page(client, f"{address}?lang=en")

    assert person["display_name"] in vietnamese
    statements = client.get(f"/api/v1{address}").json()["statements"]
    assert vietnamese.count('<p class="facts">') == len(statements)
    assert vietnamese.count("nguồn:") == len(statements)
    assert "invented profile" in english


@pytest.mark.parametrize("address", PAGES)
def test_every_answer_carries_the_security_headers(client: TestClient, address: str) -> None:
    headers = client.get(address).headers

    assert headers["content-security-policy"].startswith("default-src 'self';")
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["x-frame-options"] == "DENY"
    assert ("no-store" in headers["cache-control"]) != address.startswith("/static/")


@pytest.mark.parametrize("address", [*PAGES[:-1], "/roles/p10a?lang=en"])
def test_pages_hold_no_inline_script_or_style_and_nothing_from_outside(
    client: TestClient, address: str
) -> None:
    page = client.get(address).text

    assert not re.search(r"<script|<style|\sstyle=|\son[a-z]+=|javascript:", page)
    assert not re.search(r'(?:src|href)="(?:https?:)?//', page)


def test_a_profile_page_has_one_heading_of_the_first_level_and_labels_for_all_fields(
    client: TestClient,
) -> None:
    for address in (*PAGES[:-1], f"/experts/{_somebody(client)['expert_id']}"):
        page = client.get(address).text
        assert page.count("<h1") == 1
        assert '<label for="q">' in page or 'name="q"' not in page
        identifiers = re.findall(r'\sid="([^"]+)"', page)
        assert len(identifiers) == len(set(identifiers))


def test_style_and_fonts_are_served_from_here(client: TestClient) -> None:
    style = client.get("/static/site.css").text
    fonts = re.findall(r"url\(([^)]+)\)", style)

    assert fonts
    for font in fonts:
        assert client.get(f"/static/{font}").status_code == 200
    assert client.get("/static/../app.py").status_code == 404


def test_numbers_dates_and_addresses_are_written_for_the_reader() -> None:
    assert (number(1234.5, "vi", 1), number(1234.5, "en", 1)) == ("1.234,5", "1,234.5")
    assert partial_date("2024-05-02", "vi") == "2/5/2024"
    assert partial_date("2024-05", "en") == "May 2024"
    assert partial_date("2024", "vi") == "2024"
    assert web_address("https://doi.org/10.1/x") == "https://doi.org/10.1/x"
    assert web_address("javascript:alert(1)") is None
    assert web_address("thư viện") is None
