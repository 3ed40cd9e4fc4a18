"""Lists of people out of spreadsheets."""

from pathlib import Path

import pytest

from protocol.roles import ProgrammeRole
from server.errors import UserError
from server.people.lists import read_list
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
        (b"email,name,role\n\xff\xfe,A,teacher\n", "not a CSV file in UTF-8"),
        (b"email,name,role\n" + b"a" * 200_000 + b",A,teacher\n", "not a CSV file"),
    ],
)
def test_a_mistake_is_told_with_its_line(tmp_path: Path, content: bytes, sentence: str) -> None:
    file = tmp_path / "staff.csv"
    file.write_bytes(content)
    with pytest.raises(UserError, match=sentence) as caught:
        read_list(file)
    assert caught.value.text.endswith(".")


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    for path in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(UserError, match="cannot be read"):
            read_list(path)
