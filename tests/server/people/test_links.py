"""Where links lead."""

import pytest

from server.errors import StartupError
from server.people.links import base_url, sign_in_url


@pytest.mark.parametrize(
    ("public_url", "expected"),
    [
        ("", "http://localhost:8800"),
        ("https://rooms.example.org", "https://rooms.example.org"),
        ("https://Rooms.Example.ORG/", "https://rooms.example.org"),
        ("https://rooms.example.org:443", "https://rooms.example.org"),
        ("http://rooms.example.org:443", "http://rooms.example.org:443"),
        ("http://10.0.0.7:8080", "http://10.0.0.7:8080"),
        ("https://[2001:db8::1]:8443", "https://[2001:db8::1]:8443"),
    ],
)
def test_the_public_url_is_where_links_lead(public_url: str, expected: str) -> None:
    assert base_url(public_url, port=8800, is_tls=False) == expected
    assert sign_in_url(expected, "secret") == f"{expected}/s/secret"


def test_with_a_certificate_and_no_public_url_links_lead_to_https() -> None:
    assert base_url("", port=8800, is_tls=True) == "https://localhost:8800"


@pytest.mark.parametrize(
    "public_url",
    [
        "rooms.example.org",
        "ftp://rooms.example.org",
        "https://",
        "https://rooms.example.org/roundup",
        "https://rooms.example.org?x=1",
        "https://user:secret@rooms.example.org",
        "https://rooms.example.org:99999",
        "https://[::1",
        "javascript:alert(1)",
    ],
)
def test_a_public_url_that_is_more_or_less_than_an_origin_is_refused(public_url: str) -> None:
    with pytest.raises(StartupError, match="scheme and host"):
        base_url(public_url, port=8800, is_tls=False)
