"""Where the data is, as operators say it."""

from pathlib import Path

import pytest

from server.errors import StartupError
from server.store.location import DatabaseUrl, locate

FOLDER = Path("data")


def test_without_a_url_it_is_the_folder() -> None:
    assert locate(FOLDER, "") == FOLDER


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("postgresql://ana:secret@db.example:5433/roundup", "postgresql://db.example:5433/roundup"),
        ("postgres://ana:secret@db.example/roundup?sslmode=require", "postgresql://db.example/roundup"),
        ("postgresql://ana:sec%40%2Fret@[::1]:5433/our%20rooms", "postgresql://[::1]:5433/our rooms"),
        ("postgresql:///roundup?host=/run/postgresql&password=secret", "postgresql:///roundup"),
    ],
)
def test_what_is_shown_of_a_url_is_no_secret(url: str, name: str) -> None:
    location = locate(FOLDER, url)
    assert isinstance(location, DatabaseUrl)
    assert (location.text, location.name, str(location)) == (url, name, name)
    assert "sec" not in repr(location)


@pytest.mark.parametrize(
    "url",
    [
        "mysql://ana:secret@db/roundup",
        "secret",
        "postgresql://ana:sec@ret@db/roundup",
        "postgresql://ana:sec/ret@db/roundup",
        "postgresql://ana:sec#ret@db/roundup",
        "postgresql://ana:sec[ret@db/roundup",
        "postgresql://ana:secret@db:port/roundup",
    ],
)
def test_what_is_not_understood_is_said_without_quoting_it(url: str) -> None:
    with pytest.raises(StartupError, match="--database-url is not understood") as caught:
        locate(FOLDER, url)
    assert "sec" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
