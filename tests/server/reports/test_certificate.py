from dataclasses import replace
from io import BytesIO

import pytest
from pypdf import PdfReader

from protocol.hours import ContactType, EntryState
from server.edition import Paper
from server.reports.certificate import to_certificate
from server.reports.labels import ENGLISH, SPANISH
from server.reports.rows import Certificate, Counting
from tests.server.reports.reporting import ABOUT, HEAD, HOSTILE, printed, stick_out

CERTIFICATE = Certificate(
    about=ABOUT,
    person="Tom O’Neil",
    minutes=3_150,
    by_contact_type={ContactType.VISIT: 800, ContactType.CONFERENCE: 2_350},
)


def test_a_certificate_says_who_has_done_what_and_who_answers_for_it() -> None:
    [page] = printed(to_certificate(CERTIFICATE))
    assert (
        "MoVIPelementaryCertificateofMentoringHoursThisistocertifythatTomO’Neilhascompleted52hours30minutes"
        "ofmentoring,August1,2026toDecember31,2026Conference39:10·Visit13:20" in page
    )
    for part in ["ApprovedbyDateMade:", f"uptorow12345,SHA-256{HEAD.hash}"]:
        assert part in page


def test_kinds_of_contact_that_are_not_told_apart_are_left_out() -> None:
    [page] = printed(to_certificate(replace(CERTIFICATE, by_contact_type={})))
    assert "39:10" not in page


def test_it_says_that_an_hour_with_several_is_one_where_that_makes_a_difference() -> None:
    for has_several in (True, False):
        certificate = replace(CERTIFICATE, has_several_at_once=has_several)
        [page] = printed(to_certificate(certificate))
        assert ("Anhourwithseveralpeopleatoncecountsasonehour." in page) == has_several
        [page] = printed(to_certificate(certificate, SPANISH))
        assert ("Unahoraconvariaspersonasalavezcuentacomounahora." in page) == has_several


@pytest.mark.parametrize("counts_from", [EntryState.PROPOSED, EntryState.CONFIRMED, EntryState.APPROVED])
def test_it_claims_no_more_than_the_programme_asks_for(counts_from: EntryState) -> None:
    about = replace(ABOUT, counting=Counting(counts_from=counts_from))
    [page] = printed(to_certificate(replace(CERTIFICATE, about=about)))
    assert ("confirmedbybothsides" in page) == (counts_from is EntryState.CONFIRMED)
    assert ("approvedbyacoordinator" in page) == (counts_from is not EntryState.PROPOSED)


@pytest.mark.parametrize(("paper", "size"), [(Paper.A4, (841.89, 595.28)), (Paper.LETTER, (792, 612))])
def test_it_lies_on_the_readers_paper(paper: Paper, size: tuple[float, float]) -> None:
    pdf = PdfReader(BytesIO(to_certificate(CERTIFICATE, SPANISH, paper)), strict=True)
    [page] = pdf.pages
    assert (float(page.mediabox.width), float(page.mediabox.height)) == pytest.approx(size)
    assert pdf.metadata is not None
    assert pdf.metadata.title == "Certificado de Horas de Mentoría, Tom O’Neil"
    assert pdf.metadata.creation_date == ABOUT.made_at
    assert str(pdf.root_object["/Lang"]) == "es"


def test_the_same_certificate_is_the_same_bytes() -> None:
    assert to_certificate(CERTIFICATE) == to_certificate(CERTIFICATE)


@pytest.mark.parametrize("text", HOSTILE)
def test_whatever_is_typed_is_one_page(text: str) -> None:
    about = replace(ABOUT, programme=text, made_by=text)
    data = to_certificate(replace(CERTIFICATE, about=about, person=text, has_several_at_once=True))
    [page] = printed(data)
    assert HEAD.hash in page
    assert stick_out(data) == []


@pytest.mark.parametrize(
    ("minutes", "words", "palabras"),
    [
        (0, "0 hours", "0 horas"),
        (1, "1 minute", "1 minuto"),
        (60, "1 hour", "1 hora"),
        (61, "1 hour 1 minute", "1 hora 1 minuto"),
        (3_150, "52 hours 30 minutes", "52 horas 30 minutos"),
    ],
)
def test_minutes_are_read_as_people_say_them(minutes: int, words: str, palabras: str) -> None:
    assert ENGLISH.length(minutes) == words
    assert SPANISH.length(minutes) == palabras
