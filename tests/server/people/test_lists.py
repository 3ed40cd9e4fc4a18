"""Lists of people out of spreadsheets."""

from datetime import date
from pathlib import Path

import pytest

from protocol.hours import PairKind
from protocol.roles import ProgrammeRole
from server.errors import UserError
from server.people.lists import read_list, read_pairs
from server.people.tables import MAX_MISTAKES
from server.store.pairs import PairEntry
from server.store.people import Entry


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("email,name,role\nANA@school.example,Ana Lima,teacher\n", "utf-8"),
        ("email,name,role\r\nana@school.example,Ana Lima,Teacher\r\n\r\n", "utf-8-sig"),
        ("Role; Name ;Phone;Email\nteacher;Ana Lima;1;ana@school.example", "utf-8-sig"),
        ('email, name, role\nana@school.example, "Ana Lima", teacher\n', "utf-8"),
    ],
)
def test_a_list_is_read_however_the_spreadsheet_wrote_it(tmp_path: Path, text: str, encoding: str) -> None:
    file = tmp_path / "staff.csv"
    file.write_bytes(text.encode(encoding))
    assert read_list(file) == [Entry("ana@school.example", "Ana Lima", ProgrammeRole.TEACHER)]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "does not name email, name, role"),
        (b"email,name\nana@school.example,Ana\n", "does not name role"),
        (b"email,name,role\nana@school.example,Ana,teacher\nben,Ben,teacher\n", "Line 3: 'ben' is not"),
        (b"email,name,role\nana@school.example,,teacher\n", "Line 2: A name is missing"),
        (b"email,name,role\nana@school.example\n", "Line 2: A name is missing"),
        (b"email,name,role\nana@school.example,Ana,boss\n", "Line 2: 'boss' is no role"),
        (b"email,name,role\na@b.c,A,teacher\nA@B.C,A,teacher\n", r"Line 3: a@b\.c stands there twice"),
        (b"email,name,role\n\xff\xfe,A,teacher\n", "not in UTF-8; in Excel, save it with Save as, CSV UTF-8"),
        ("email,name,role\nzoe@school.example,Zo\xeb,teacher\n".encode("cp1252"), "CSV UTF-8"),
        (b"email,name,role\n" + b"a" * 200_000 + b",A,teacher\n", "not a CSV file"),
    ],
)
def test_a_mistake_is_told_with_its_line(tmp_path: Path, content: bytes, sentence: str) -> None:
    file = tmp_path / "staff.csv"
    file.write_bytes(content)
    with pytest.raises(UserError, match=sentence) as caught:
        read_list(file)
    assert caught.value.text.endswith(".")


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    file = tmp_path / "staff.csv"
    file.write_text("email,name,role\nana,Ana,teacher\nben@school.example,Ben,mentor\nzoe@school.example,Zoe,queen\n")
    with pytest.raises(UserError) as caught:
        read_list(file)
    first, second = caught.value.text.splitlines()
    assert first.startswith("Line 2: 'ana' is not")
    assert second.startswith("Line 4: 'queen' is no role")


def test_of_very_many_mistakes_the_first_are_told_and_their_number(tmp_path: Path) -> None:
    file = tmp_path / "staff.csv"
    file.write_text("email,name,role\n" + "nobody,N,teacher\n" * (MAX_MISTAKES + 1))
    with pytest.raises(UserError) as caught:
        read_list(file)
    *told, last = caught.value.text.splitlines()
    assert [line.split(":")[0] for line in told] == [f"Line {number}" for number in range(2, MAX_MISTAKES + 2)]
    assert last == f"There are {MAX_MISTAKES + 1} mistakes in all."
    file.write_text("email,name,role\n" + "nobody,N,teacher\n" * MAX_MISTAKES)
    with pytest.raises(UserError) as caught:
        read_list(file)
    assert len(caught.value.text.splitlines()) == MAX_MISTAKES


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    for path in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(UserError, match="cannot be read"):
            read_list(path)


def test_pairs_are_read_with_their_lines(tmp_path: Path) -> None:
    file = tmp_path / "pairs.csv"
    file.write_text(
        "mentee,mentor,ends_on,kind\n\nben@school.example,ANA@school.example,,\n"
        "cleo@school.example,ana@school.example,2027-05-28,Lead-Teacher\n"
    )
    assert read_pairs(file) == [
        (3, PairEntry(kind=PairKind.MENTOR, mentor="ana@school.example", mentee="ben@school.example")),
        (
            4,
            PairEntry(
                kind=PairKind.LEAD_TEACHER,
                mentor="ana@school.example",
                mentee="cleo@school.example",
                ends_on=date(2027, 5, 28),
            ),
        ),
    ]


def test_mistakes_in_pairs_are_told_with_their_lines(tmp_path: Path) -> None:
    file = tmp_path / "pairs.csv"
    file.write_text("mentor,mentee,starts_on\n" + "a@b.c,d@e.f,soon\n" * (MAX_MISTAKES + 1))
    with pytest.raises(UserError) as refused:
        read_pairs(file)
    lines = refused.value.text.splitlines()
    assert lines[0] == "Line 2: 'soon' is no day; write it like 2026-11-30."
    assert lines[MAX_MISTAKES:] == [f"There are {MAX_MISTAKES + 1} mistakes in all."]
