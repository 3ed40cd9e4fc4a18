"""What saved files are called."""

from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.http.file_names import attachment, file_name


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Morning Round-up", "Morning Round-up.md"),
        ("Goals / Ziele: ✓", "Goals Ziele ✓.md"),
        ("11/22/2026", "11-22-2026.md"),
        ("Start at 8:30", "Start at 8-30.md"),
        ("Who? What?! Where*", "Who What! Where.md"),
        ('"Why" <b>so</b>|so', "Why b so b so.md"),
        ("<img src=x>.html", "img src=x.html.md"),
        ("Intro to .NET", "Intro to .NET.md"),
        ("  two   blanks\tand\nlines ", "two blanks and lines.md"),
        ("notes.md", "notes.md"),
        ("Q&A, 100 % (draft) #1", "Q&A, 100 % (draft) #1.md"),
        ("Señora Núñez", "Señora Núñez.md"),
        ("Sen\u0303ora", "Señora.md"),
        ("会議メモ", "会議メモ.md"),
        ("ملاحظات", "ملاحظات.md"),
        ("नमस्\u200cते", "नमस्\u200cते.md"),
        ("Well done 👩🏽\u200d🏫 🎉", "Well done 👩🏽\u200d🏫 🎉.md"),
        ("invoice\u202egnp", "invoicegnp.md"),
        ("zero\u200bwidth\ufeff", "zerowidth.md"),
        ("../../etc/passwd", "etc-passwd.md"),
        ("..\\boot.ini", "boot.ini.md"),
        (".hidden", "hidden.md"),
        ("-rf", "rf.md"),
        ("ends with dots...", "ends with dots.md"),
        ("CON", "_CON.md"),
        ("nul.notes", "_nul.notes.md"),
        ("com1", "_com1.md"),
        ("Lpt¹ and more", "_Lpt¹ and more.md"),
        ("Console", "Console.md"),
        ("conclusions", "conclusions.md"),
        ("", "Roundup.md"),
        ("???", "Roundup.md"),
        (" . ", "Roundup.md"),
        ("\ud800", "Roundup.md"),
        ("a" * 150, "a" * 100 + ".md"),
        ("a" * 99 + " b", "a" * 99 + ".md"),
        ("é" * 150, "é" * 100 + ".md"),
        ("語" * 150, "語" * 66 + ".md"),
        ("🎉" * 150, "🎉" * 50 + ".md"),
    ],
)
def test_a_file_is_called_as_its_title_reads(title: str, name: str) -> None:
    assert file_name(title, "md") == name


@given(st.text(max_size=300), st.sampled_from(["md", "html", "pdf"]))
def test_every_title_makes_a_name_that_every_file_system_takes(title: str, ending: str) -> None:
    name = file_name(title, ending)
    stem = name.removesuffix(f".{ending}")
    assert stem != name
    assert 0 < len(stem) <= 101
    assert len(name.encode()) <= 255
    assert not set(stem) & set('<>:"/\\|?*\u202e\n\t\0')
    assert stem == stem.strip(" .-")
    assert "  " not in stem
    assert unquote(attachment(name)).endswith(name)
    assert attachment(name).isascii()
