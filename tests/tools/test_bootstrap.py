"""Setting a checkout up: what it says, and to whom."""

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tools import bootstrap

SOURCE = Path(bootstrap.__file__)
OLDEST_READER = (3, 6)
"""What long-lived systems still call python3."""


def test_an_old_python_can_read_it_as_far_as_its_refusal() -> None:
    tree = ast.parse(SOURCE.read_text("utf-8"), feature_version=OLDEST_READER)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            arguments = (*node.args.args, *node.args.kwonlyargs, *filter(None, (node.args.vararg, node.args.kwarg)))
            for annotation in (node.returns, *(argument.annotation for argument in arguments)):
                is_plain = annotation is None or isinstance(annotation, (ast.Name, ast.Attribute, ast.Constant))
                assert is_plain, f"line {node.lineno}: evaluated when the function is defined; put it in quotes"


def test_an_old_python_is_refused_in_one_sentence() -> None:
    as_if_old = (
        "import runpy, sys; sys.version_info = (3, 9, 18, 'final', 0); sys.argv = ['bootstrap.py', 'web']; "
        f"runpy.run_path({str(SOURCE)!r}, run_name='__main__')"
    )
    done = subprocess.run([sys.executable, "-c", as_if_old], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"Roundup needs Python 3.11 or newer, and {sys.executable} is 3.9; ")
    assert done.stderr.endswith(".\n")
    assert done.stderr.count("\n") == 1


def test_a_quiet_command_is_heard_only_when_it_fails(capfd: pytest.CaptureFixture[str]) -> None:
    noisy = "import sys; print('building', flush=True); print('a warning', file=sys.stderr, flush=True)"
    bootstrap.run_quietly(sys.executable, "-c", noisy)
    assert capfd.readouterr() == ("", "")
    with pytest.raises(subprocess.CalledProcessError):
        bootstrap.run_quietly(sys.executable, "-c", f"{noisy}; sys.exit(3)")
    assert capfd.readouterr() == ("", "building\na warning\n")


def test_a_machine_without_coturn_is_told_what_its_tests_leave_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    bootstrap.ensure_coturn()
    assert "skipped" in capsys.readouterr().err
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    bootstrap.ensure_coturn()
    assert capsys.readouterr().err == ""
