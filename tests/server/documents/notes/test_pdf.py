from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from server.documents.notes.labels import ENGLISH, Header, Labels
from server.documents.notes.pdf import to_pdf
from server.documents.notes.reader import read_notes
from server.documents.notes.tree import Marks, Notes, Paragraph, Text
from server.edition import Paper
from tests.server.documents.notes.documents import fixture
from tests.server.documents.notes.trees import HREFS, NOTES

HEADER = Header("Fractions", "Room 4", "22 November 2026")
MADE_AT = datetime(2026, 11, 22, 16, 30, tzinfo=UTC)


def read(notes: Notes, header: Header = HEADER, labels: Labels = ENGLISH) -> PdfReader:
    return PdfReader(BytesIO(to_pdf(notes, header, MADE_AT, labels)), strict=True)


def addresses(pdf: PdfReader) -> list[str]:
    notes: list[Any] = [note.get_object() for page in pdf.pages for note in page.get("/Annots", [])]
    return [note["/A"]["/URI"] for note in notes]


def letters(text: str) -> str:
    return "".join(text.split())


def test_a_lesson_is_one_page_of_text_with_links() -> None:
    pdf = read(read_notes(fixture("lesson.yjs")))
    [page] = pdf.pages
    text = page.extract_text()
    for part in [
        "Fractions",
        "Room 4 · 22 November 2026",
        "Fractions, ½ and ⅓",
        "halves",
        "1/2 > 1/3",
        "Ελληνικά, кириллица",
        "☐",
        "☑",
        "Ana Pérez, due November 30, 2026",
        "print(x)",
        "Next time: decimals.",
        "Page 1 of 1",
    ]:
        assert letters(part) in letters(text)
    assert set(addresses(pdf)) == {"https://example.org/fractions?a=1&b=2"}


def test_it_is_a4_with_title_language_outline_and_fonts_inside() -> None:
    pdf = read(read_notes(fixture("lesson.yjs")), labels=Labels(language="es"))
    [page] = pdf.pages
    assert (round(page.mediabox.width), round(page.mediabox.height)) == (595, 842)
    assert pdf.metadata is not None
    assert pdf.metadata.title == "Fractions"
    assert pdf.metadata.creation_date == MADE_AT
    assert str(pdf.root_object["/Lang"]) == "es"
    first, below = pdf.outline
    assert not isinstance(first, list)
    assert first.title == "Fractions, ½ and ⅓"
    assert [entry.title for entry in below if not isinstance(entry, list)] == ["To do"]
    resources: Any = page["/Resources"]
    fonts = resources["/Font"]
    assert fonts
    for font in fonts.values():
        assert "/FontFile2" in font["/DescendantFonts"][0]["/FontDescriptor"]


def test_the_same_notes_are_the_same_bytes() -> None:
    notes = read_notes(fixture("lesson.yjs"))
    assert to_pdf(notes, HEADER, MADE_AT) == to_pdf(notes, HEADER, MADE_AT)


def test_long_notes_have_numbered_pages() -> None:
    pdf = read(Notes(tuple(Paragraph((Text(f"line {number}"),)) for number in range(300))))
    texts = [page.extract_text() for page in pdf.pages]
    assert len(texts) > 8
    assert [f"Page {number} of {len(texts)}" in text for number, text in enumerate(texts, 1)] == [True] * len(texts)
    together = letters("".join(texts))
    assert all(f"line{number}" in together for number in range(300))


def test_a_long_title_leaves_room_for_the_page_number() -> None:
    pdf = read(Notes(()), Header("word " * 60, "", ""))
    assert letters(pdf.pages[0].extract_text()).endswith("Page1of1")


@given(HREFS)
def test_addresses_arrive_as_they_are(href: str) -> None:
    assert addresses(read(Notes((Paragraph((Text("x", Marks(href=href)),)),)))) == [href]


@given(st.lists(st.text("aBé ÄЖω→√😀漢()\\", max_size=30), max_size=5))
def test_text_reads_the_same_but_for_what_no_font_has(lines: list[str]) -> None:
    pdf = read(
        Notes(tuple(Paragraph((Text(line),)) for line in lines)), Header("", "", ""), Labels(missing="", empty="")
    )
    assert letters(pdf.pages[0].extract_text()) == letters("".join(lines).replace("漢", "□") + "Page1of1")


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(NOTES)
def test_any_notes_make_a_pdf(notes: Notes) -> None:
    assert len(read(notes).pages) >= 1


@pytest.mark.parametrize("text", ["(", "\\", ")Tj", "\u200b", "\ufeff", "%", "<</JS(x)>>", "{nb}", "{page}"])
def test_text_is_never_markup(text: str) -> None:
    pdf = read(Notes((Paragraph((Text(text),)),)), Header(text, text, text))
    assert letters(pdf.pages[0].extract_text()).count(letters(text).strip("\u200b\ufeff")) >= 4


def test_it_is_as_large_as_the_readers_paper() -> None:
    pdf = PdfReader(BytesIO(to_pdf(Notes(()), HEADER, MADE_AT, paper=Paper.LETTER)), strict=True)
    [page] = pdf.pages
    assert (page.mediabox.width, page.mediabox.height) == (612, 792)
