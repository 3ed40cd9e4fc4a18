import base64
import hashlib
import hmac
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.errors import StartupError
from server.turn.credentials import create_credentials, read_secret

SECRET = "a secret of the relay"


def test_the_credential_is_the_one_that_the_draft_prescribes() -> None:
    # printf %s 1700000000:p_1 | openssl dgst -sha1 -hmac "north" -binary | base64
    made = create_credentials("north", "p_1", 1_700_000_000)
    assert (made.username, made.credential) == ("1700000000:p_1", "53d7arZ4mVSVlAocOyEVetuHvFw=")


@given(st.text(max_size=40), st.integers(0, 2**40))
def test_the_user_name_says_until_when_it_holds_and_the_credential_vouches_for_it(name: str, expires_at_s: int) -> None:
    made = create_credentials(SECRET, name, expires_at_s)
    assert made.username.partition(":") == (str(expires_at_s), ":", name)
    expected = hmac.new(SECRET.encode(), made.username.encode(), hashlib.sha1).digest()
    assert base64.b64decode(made.credential) == expected
    assert create_credentials(SECRET, name, expires_at_s + 1).credential != made.credential


def test_a_secret_is_the_only_line_of_its_file(tmp_path: Path) -> None:
    file = tmp_path / "turn.secret"
    file.write_text("0123456789abcdef\n")
    assert read_secret(file) == "0123456789abcdef"


@pytest.mark.parametrize(
    "content", [b"", b"\n", b"too short", b"0123456789 abcdef", b"0123456789abcdef\nmore", b"\xff" * 20]
)
def test_what_is_no_secret_is_refused_and_never_quoted(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "turn.secret"
    file.write_bytes(content)
    with pytest.raises(StartupError, match="--turn-secret-file") as refused:
        read_secret(file)
    words = content.decode(errors="replace").split()
    assert not any(word in str(refused.value) for word in words if len(word) > 4)


def test_a_secret_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(StartupError, match="No such file"):
        read_secret(tmp_path / "nothing")


def test_nothing_that_is_printed_shows_a_credential() -> None:
    made = create_credentials(SECRET, "p_1", 1_700_000_000)
    assert made.credential not in repr(made)
