"""What a card shows of a long passage."""

from matching.pages import excerpt
from matching.schemas import SegmentPublic


def _segments(*parts: str) -> list[SegmentPublic]:
    """Parts of a passage; those in capitals are marked."""
    return [SegmentPublic(text=p, is_match=p.isupper()) for p in parts]


def _text(segments: list[SegmentPublic]) -> str:
    return "".join(segment.text for segment in segments)


def test_a_short_passage_is_shown_whole() -> None:
    segments = _segments("thiết kế ", "CHIP", " bán dẫn")

    assert excerpt(segments, 100) == segments


def test_a_long_passage_is_cut_around_most_marked_words() -> None:
    segments = _segments(
        "mở đầu ", "CHIP", " " + "từ " * 100, "CHIP", " và ", "QUANG", " " + "sau " * 100
    )

    shown = excerpt(segments, 80)

    assert [s.text for s in shown if s.is_match] == ["CHIP", "QUANG"]
    assert len(_text(shown)) <= 80 + len("… …")
    assert _text(shown).startswith("… từ")
    assert _text(shown).endswith("…")


def test_without_marked_words_the_beginning_is_shown() -> None:
    shown = excerpt(_segments("một hai ba " * 50), 60)

    assert _text(shown).startswith("một hai ba")
    assert len(_text(shown)) <= 61


def test_a_passage_without_spaces_is_cut_all_the_same() -> None:
    assert len(_text(excerpt(_segments("x" * 500), 60))) <= 62


def test_a_match_at_the_end_is_shown() -> None:
    shown = excerpt(_segments("đầu " * 100, "CHIP"), 60)

    assert shown[-1].text == "CHIP"
