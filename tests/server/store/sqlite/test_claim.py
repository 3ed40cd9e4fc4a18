"""The lock of a data folder."""

from pathlib import Path

import pytest

from server.errors import StartupError
from server.store.sqlite.claim import claim_folder


def test_a_folder_that_cannot_be_made_is_said_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with (
        pytest.raises(StartupError, match=r"cannot be used: Not a directory\.$"),
        claim_folder(tmp_path / "file" / "data"),
    ):
        pass


def test_a_folder_that_is_missing_is_made_for_oneself_only(tmp_path: Path) -> None:
    with claim_folder(tmp_path / "data"):
        assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700
