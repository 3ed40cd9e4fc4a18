from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from io import BytesIO

import pytest
from pypdf import PdfReader

from protocol.hours import EntryState
from server.edition import Paper
from server.reports.labels import ENGLISH, SPANISH
from server.reports.rows import Counting, Entry, Statement, StatementPair
from server.reports.statement import to_statement
from tests.server.reports.reporting import (
    ABOUT,
    ALL,
    HEAD,
    HOSTILE,
    MEETING,
    OTHER_PAIR,
    PAIR,
    VISIT,
    WITHDRAWN,
    placed,
    printed,
    stick_out,
)


def statement_of(*pairs: Sequence[Entry]) -> Statement:
    both = zip((PAIR, OTHER_PAIR), pairs, strict=False)
    return Statement(
        about=ABOUT,
        person="Ana Pérez",
        term="Fall 2026",
        pairs=[StatementPair(pair=pair, entries=entries) for pair, entries in both],
    )


def term(count: int) -> list[Entry]:
    return [replace(MEETING, day=date(2026, 8, 1) + timedelta(days=n), credited_minutes=n) for n in range(count)]


def test_a_statement_names_person_term_period_and_who_made_it() -> None:
    [page] = printed(to_statement(statement_of(ALL)))
    for part in [
        "Statementofmentoringhours",
        "AnaPérez",
        "MoVIPelementary·Fall2026",
        "August1,2026toDecember31,2026(America/Chicago)",
        "November23,2026,09:04CSTbyCoralOchoa",
        "Signatureanddate,AnaPérez",
        "Signatureanddate,coordinator",
        "gapsofupto60sfilled",
    ]:
        assert part in page


def test_an_entry_is_a_row_and_what_does_not_count_is_in_brackets() -> None:
    [page] = printed(to_statement(statement_of(ALL)))
    assert "Nov2,202609:00CSTConferenceMorningRound-upConfirmed0:30:300:31" in page
    assert "Nov4,2026VisitEnteredbyhandWatchedtwolessonsinherschool.Confirmed1:35" in page
    assert "Proposed0:30:30(0:20)" in page
    assert "Disputed0:30:30(0:31)" in page
    assert "Ileftatten." in page
    assert "Withdrawn" not in page
    assert "Counted2hours6minutes" in page
    assert "Waiting20minutes" in page
    assert "Disputed31minutes" in page
    assert "Total1:31:312:06" in page
    assert "Visit1:35·Conference0:31" in page


def test_brackets_are_explained_where_there_are_any() -> None:
    [explained] = printed(to_statement(statement_of(ALL)))
    [plain] = printed(to_statement(statement_of([MEETING])))
    assert "inbrackets" in explained
    assert "inbrackets" not in plain


def test_pairs_have_subtotals_and_a_summary() -> None:
    text = "".join(printed(to_statement(statement_of(ALL, [VISIT]))))
    assert "AnaPérezwithTomO’NeilMentor41:31:312:06" in text
    assert "AnaPérezwithŽofieNovákováContentbuddy10:00:001:35" in text
    assert "Total1:31:312:06" in text
    assert "Total0:00:001:35" in text
    assert "Counted3hours41minutes" in text


def test_a_substitute_is_named() -> None:
    [page] = printed(to_statement(statement_of([MEETING, replace(MEETING, mentor="Sub Stitute")])))
    assert page.count("Mentor:SubStitute") == 1
    assert "Mentor:AnaPérez" not in page


def test_every_page_has_its_head_its_number_and_the_head_of_the_log() -> None:
    pages = printed(to_statement(statement_of(term(120))))
    assert len(pages) > 3
    for number, page in enumerate(pages, 1):
        assert f"Page{number}of{len(pages)}" in page
        assert f"HoursloguptorowROW,SHA-256{HEAD.hash}".replace("ROW", "12345") in page
        if number > 1:
            assert "AnaPérez·Fall2026" in page
        if 1 < number < len(pages):
            assert "AnaPérezwithTomO’Neil(continued)DayTimeContact" in page
    text = "".join(pages)
    assert text.count("MorningRound-upConfirmed0:30:30") == 120
    assert f"Total61:01:00{sum(range(120)) // 60}:{sum(range(120)) % 60:02}" in text


@pytest.mark.parametrize("count", range(10, 28))
@pytest.mark.parametrize("lines", [1, 2, 3])
def test_neither_sums_nor_signatures_stand_alone(count: int, lines: int) -> None:
    about = replace(ABOUT, programme=" ".join(["MoVIP elementary"] * (5 * lines - 4)))
    data = to_statement(replace(statement_of(term(count)), about=about))
    pages = printed(data)
    [with_sum] = [page for page in pages if "Total" in page]
    assert "DayTimeContact" in with_sum
    (page, _, _, y), *others = [found for found in placed(data) if found[1].startswith("Signature")]
    assert [(where, height) for where, _, _, height in others] == [(page, y)]
    assert y > 72, "above the foot"
    assert f"Counted:{ENGLISH.length(sum(range(count)))}".replace(" ", "") in pages[page - 1]


def test_it_has_title_language_outline_and_fonts_inside() -> None:
    pdf = PdfReader(BytesIO(to_statement(statement_of(ALL, [VISIT]), SPANISH)), strict=True)
    assert pdf.metadata is not None
    assert pdf.metadata.title == "Informe de horas de mentoría, Ana Pérez, Fall 2026"
    assert pdf.metadata.creation_date == ABOUT.made_at
    assert str(pdf.root_object["/Lang"]) == "es"
    assert [entry.title for entry in pdf.outline if not isinstance(entry, list)] == [
        "Resumen",
        "Ana Pérez con Tom O’Neil · Mentoría",
        "Ana Pérez con Žofie Nováková · Colega de materia",
        "Cómo se cuentan los minutos",
    ]


def test_it_is_as_large_as_the_readers_paper_and_in_their_language() -> None:
    data = to_statement(statement_of([MEETING]), SPANISH, Paper.LETTER)
    [page] = PdfReader(BytesIO(data)).pages
    assert (page.mediabox.width, page.mediabox.height) == (612, 792)
    assert "2nov202609:00CSTConferencia" in printed(data)[0]


@pytest.mark.parametrize("pairs", [(), ([],), ([], []), ([WITHDRAWN],)])
def test_no_entries_are_a_statement_too(pairs: Sequence[Sequence[Entry]]) -> None:
    [page] = printed(to_statement(statement_of(*pairs)))
    assert "Therearenoentriesinthisperiod." in page
    assert "Counted0hours" in page


def test_the_programme_says_what_counts() -> None:
    counting = Counting(counts_from=EntryState.APPROVED, is_rounded_down=True, grace_s=0, minimum_minutes=5)
    counting = replace(counting, minutes_per_day_limit=90)
    statement = statement_of(ALL)
    [page] = printed(to_statement(replace(statement, about=replace(ABOUT, counting=counting))))
    assert "Counted0hours" in page
    assert "Confirmed0:30:30(0:31)" in page
    assert "downtofullminutes.Lessthan5minisnotproposed.Apairiscredited1hour30minutesononedayatmost." in page


def test_the_hour_that_comes_twice_is_told_apart() -> None:
    first = 1_793_514_600_000  # 01:30 in Chicago, for the first time
    night = [replace(MEETING, day=date(2026, 11, 1), meeting_opened_at=first + n * 3_600_000) for n in range(2)]
    [page] = printed(to_statement(statement_of(night)))
    assert "Nov1,202601:30CDT" in page
    assert "Nov1,202601:30CST" in page


def test_the_same_statement_is_the_same_bytes() -> None:
    assert to_statement(statement_of(ALL, [VISIT])) == to_statement(statement_of(ALL, [VISIT]))


@pytest.mark.parametrize("text", HOSTILE)
def test_whatever_is_typed_stays_in_its_place(text: str) -> None:
    entries = [replace(MEETING, mentor=text, room=text, text=text)] * 12
    pair = replace(PAIR, mentor=text, mentee=text)
    about = replace(ABOUT, programme=text, made_by=text)
    data = to_statement(
        Statement(about=about, person=text, term=text, pairs=[StatementPair(pair=pair, entries=entries)] * 2)
    )
    pages = printed(data)
    assert len(pages) < 8
    assert f"Page{len(pages)}of{len(pages)}" in pages[-1]
    assert stick_out(data) == []


def test_characters_that_the_font_lacks_are_told() -> None:
    [page] = printed(to_statement(replace(statement_of([MEETING]), person="漢字")))
    assert "□□" in page
    assert "Thefontofthisfilelackssomeletters" in page
