"""What may name a person, a room, an address."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.errors import UserError
from server.people.names import email_of, name_of, slug_of


@pytest.mark.parametrize(
    "name", ["Ana", "<b>Ana</b>", "Nguyễn Thị Minh Khai", "علی‌رضا", "O'Brien-Smith, Jr. 😀", "x" * 80]
)
def test_any_name_that_can_be_shown_is_a_name(name: str) -> None:
    assert name_of(f"  {name} ") == name


@pytest.mark.parametrize(
    "name", ["", "   ", "x" * 81, "Ana\nLima", "Ana\0", "Ana\u202eamiL", "\ud800", "a\u2028b", "\u3164", "\u200b\u2800"]
)
def test_a_name_that_cannot_be_shown_is_refused(name: str) -> None:
    with pytest.raises(UserError):
        name_of(name)


def test_one_name_in_two_encodings_is_one_name() -> None:
    assert name_of("Jose\u0301") == name_of("Jos\u00e9")


@pytest.mark.parametrize(
    "email", ["", "ana", "@", "ana@", "@school.example", "a b@c", "a@b@c", "a@b\x7f", "a" * 251 + "@b.c"]
)
def test_what_is_no_address_is_refused(email: str) -> None:
    with pytest.raises(UserError):
        email_of(email)


@pytest.mark.parametrize("slug", ["", "-", "-a", "a-", "A", "a b", "a/b", "..", "ä", "a" * 65, "a\n"])
def test_what_cannot_be_in_a_link_is_refused(slug: str) -> None:
    with pytest.raises(UserError):
        slug_of(slug)


@pytest.mark.parametrize("slug", ["a", "9", "a-b", "a--b", "morning-round-up", "a" * 64])
def test_a_slug_is_kept_as_it_is(slug: str) -> None:
    assert slug_of(slug) == slug


@given(st.text())
def test_anything_else_is_refused_with_a_sentence(text: str) -> None:
    for check in (name_of, email_of, slug_of):
        accepted, refusal = None, "."
        try:
            accepted = check(text)
        except UserError as error:
            refusal = error.text
        assert refusal.endswith(".")
        assert accepted is None or check(accepted) == accepted, "what was accepted stays as it is"


@given(st.text(max_size=20), st.text(max_size=20))
def test_an_address_has_one_form(user: str, host: str) -> None:
    try:
        email = email_of(f"{user}@{host}")
    except UserError:
        return
    assert email_of(email) == email
