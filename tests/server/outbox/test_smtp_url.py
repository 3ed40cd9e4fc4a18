"""Where e-mail goes, as operators write it."""

import pytest

from server.errors import StartupError
from server.outbox.smtp_url import SmtpServer, parse_sender, parse_smtp_url


@pytest.mark.parametrize(
    ("text", "server"),
    [
        ("smtp://mail.example.org", SmtpServer("mail.example.org", 587, is_tls=False, needs_tls=True)),
        (
            "smtp://roundup:p%40ss%2Fword@mail.example.org:25/",
            SmtpServer("mail.example.org", 25, is_tls=False, needs_tls=True, user="roundup", password="p@ss/word"),
        ),
        ("smtps://mail.example.org", SmtpServer("mail.example.org", 465, is_tls=True, needs_tls=True)),
        ("smtp://localhost:25", SmtpServer("localhost", 25, is_tls=False, needs_tls=False)),
        ("smtp://[::1]:25", SmtpServer("::1", 25, is_tls=False, needs_tls=False)),
        ("smtp://127.0.0.2", SmtpServer("127.0.0.2", 587, is_tls=False, needs_tls=False)),
        ("smtp://localhost.evil.example", SmtpServer("localhost.evil.example", 587, is_tls=False, needs_tls=True)),
    ],
)
def test_a_url_says_where_and_how(text: str, server: SmtpServer) -> None:
    assert parse_smtp_url(text) == server


@pytest.mark.parametrize(
    "text",
    [
        "mail.example.org",
        "http://mail.example.org",
        "smtp://",
        "smtp://:587",
        "smtp://mail.example.org:0",
        "smtp://mail.example.org:99999",
        "smtp://mail.example.org/path",
        "smtp://mail.example.org?starttls=no",
        "smtp://mail.example.org#x",
        "smtp://user@mail.example.org",
        "smtp://:sesame@mail.example.org",
        "smtp://user:ses@me@mail.example.org",
        "smtp://user:sesame@[::1",
        "smtp://user:sesame/x@mail.example.org",
    ],
)
def test_what_is_no_url_is_refused_without_a_secret(text: str) -> None:
    with pytest.raises(StartupError) as refusal:
        parse_smtp_url(text)
    assert "ses" not in str(refusal.value)
    assert str(refusal.value).count(". ") == 0


def test_a_password_is_not_shown() -> None:
    assert "sesame" not in repr(parse_smtp_url("smtp://user:sesame@mail.example.org"))


@pytest.mark.parametrize(
    ("text", "name", "email"),
    [
        ("roundup@school.example", "", "roundup@school.example"),
        ("Roundup <roundup@school.example>", "Roundup", "roundup@school.example"),
        ('"Round, up" <no-reply@a.b.example>', "Round, up", "no-reply@a.b.example"),
        ("Escuela Niñez <roundup@school.example>", "Escuela Niñez", "roundup@school.example"),
    ],
)
def test_a_sender_is_an_address_with_or_without_a_name(text: str, name: str, email: str) -> None:
    sender = parse_sender(text)
    assert (sender.display_name, sender.addr_spec) == (name, email)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "roundup",
        "roundup@",
        "@school.example",
        "roundup@localhost",
        "a@b.example, c@d.example",
        "x\r\nBcc: y <a@b.example>",
        "niño@school.example",
        "Roundup <roundup@school.example> and more <x@y.example>",
    ],
)
def test_what_is_no_sender_is_refused(text: str) -> None:
    with pytest.raises(StartupError, match="--mail-from"):
        parse_sender(text)
