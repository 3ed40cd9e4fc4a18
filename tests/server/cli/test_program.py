"""What the command as a whole says and refuses."""

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.support.command import ROOT, roundup


def test_the_version_is_that_of_the_package() -> None:
    package = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    asked = roundup("--version")
    assert (asked.code, asked.out, asked.err) == (0, f"roundup {package}\n", "")


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        (
            "people add a@b.c --name A --role king",
            "--role cannot be 'king': it is one of teacher, mentor, facilitator, coordinator, ops",
        ),
        ("people link a@b.c --port 99999", "--port cannot be '99999': it is a whole number from 0 to 65535"),
        ("people link a@b.c --days some", "--days cannot be 'some': it is a whole number from 1 to 3660"),
        ("serve --room-grace-s long", "--room-grace-s cannot be 'long': it is a number from 0 to 86400"),
    ],
)
def test_what_an_option_can_be_is_said_in_one_sentence(command: str, sentence: str) -> None:
    outcome = roundup(*command.split())
    assert (outcome.code, outcome.out, outcome.err) == (2, "", f"roundup: {sentence}.\n")


def test_a_wrong_environment_variable_is_called_by_its_name() -> None:
    outcome = roundup("serve", ROUNDUP_LOG_JSON="maybe")
    assert (outcome.code, outcome.err) == (2, "roundup: ROUNDUP_LOG_JSON cannot be 'maybe': it is true or false.\n")


def test_what_is_missing_or_unknown_comes_with_the_usage() -> None:
    for command, problem in (("people link", "Missing argument 'EMAIL'"), ("serve --prot 1", "No such option: --prot")):
        outcome = roundup(*command.split())
        assert outcome.code == 2
        assert outcome.err.startswith("Usage: ")
        assert problem in outcome.err


def run(*args: bytes, out: int = subprocess.PIPE, **environment: bytes) -> subprocess.CompletedProcess[bytes]:
    inherited = {name: value for name, value in os.environb.items() if not name.startswith(b"ROUNDUP_")}
    variables = inherited | {os.fsencode(name): value for name, value in environment.items()}
    command = (os.fsencode(sys.executable), b"-m", b"server", *args)
    return subprocess.run(command, cwd=ROOT, env=variables, stdout=out, stderr=subprocess.PIPE, check=False)


@pytest.mark.parametrize("args", [(b"remove", b"\xff"), (b"role", b"\xff", b"a@b.c", b"host")])
def test_bytes_that_are_no_text_are_refused(tmp_path: Path, args: tuple[bytes, ...]) -> None:
    assert roundup("rooms", "add", "attic", "--name", "Attic", ROUNDUP_DATA_DIR=tmp_path).code == 0
    done = run(b"rooms", *args, ROUNDUP_DATA_DIR=os.fsencode(tmp_path))
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr == b"roundup: '\\udcff' is not text in UTF-8.\n"


def test_a_variable_that_is_no_text_is_refused() -> None:
    done = run(b"rooms", b"list", ROUNDUP_DATA_DIR=b"\xff")
    assert (done.returncode, done.stderr) == (2, b"roundup: '\\udcff' is not text in UTF-8.\n")


@pytest.mark.parametrize("unbuffered", [b"", b"1"])
@pytest.mark.parametrize("args", [(b"rooms", b"list"), (b"--help",), (b"rooms", b"--help"), (b"--version",)])
def test_an_output_that_is_full_is_said_in_one_sentence(
    tmp_path: Path, args: tuple[bytes, ...], unbuffered: bytes
) -> None:
    assert roundup("rooms", "add", "attic", "--name", "Attic", ROUNDUP_DATA_DIR=tmp_path).code == 0
    with Path("/dev/full").open("wb") as full:
        done = run(*args, out=full.fileno(), ROUNDUP_DATA_DIR=os.fsencode(tmp_path), PYTHONUNBUFFERED=unbuffered)
    assert (done.returncode, done.stderr) == (
        2,
        b"roundup: The output cannot be written: No space left on device.\n",
    )


def test_a_reader_that_has_gone_is_no_reason_for_words(tmp_path: Path) -> None:
    assert roundup("rooms", "add", "attic", "--name", "Attic", ROUNDUP_DATA_DIR=tmp_path).code == 0
    ours, theirs = os.pipe()
    os.close(ours)
    try:
        done = run(b"rooms", b"list", out=theirs, ROUNDUP_DATA_DIR=os.fsencode(tmp_path))
    finally:
        os.close(theirs)
    assert (done.returncode, done.stderr) == (1, b"")


def test_a_fault_of_ours_is_not_taken_for_a_full_output(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("server.cli.rooms.with_store", fail)
    with pytest.raises(OSError, match="Input/output error"):
        roundup("rooms", "list", ROUNDUP_DATA_DIR=tmp_path)
