import subprocess
import sys
from pathlib import Path

import pytest

from server.errors import StartupError
from server.store.sqlite.claim import claim_folder


def test_a_folder_is_held_by_one_at_a_time(tmp_path: Path) -> None:
    with claim_folder(tmp_path), pytest.raises(StartupError, match="Another server is running"), claim_folder(tmp_path):
        pass
    with claim_folder(tmp_path):
        pass


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


def test_a_killed_holder_lets_go(tmp_path: Path) -> None:
    script = (
        "import sys, pathlib; from server.store.sqlite.claim import claim_folder\n"
        "with claim_folder(pathlib.Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(StartupError), claim_folder(tmp_path):
            pass
        holder.kill()
        holder.wait()
        with claim_folder(tmp_path):
            pass
