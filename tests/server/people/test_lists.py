"""Lists of people out of spreadsheets."""

from pathlib import Path

import pytest

from protocol.roles import ProgrammeRole
from server.errors import UserError
from server.people.lists import MAX_MISTAKES, read_list
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
