"""What `--help` says fits into a plain terminal, whole."""

import typer

from server.cli import main
from tests.support.command import roundup


def commands(group: typer.core.TyperGroup, *path: str) -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = [path]
    for name, command in group.commands.items():
        is_group = isinstance(command, typer.core.TyperGroup)
        found += commands(command, *path, name) if is_group else [(*path, name)]  # type: ignore[arg-type]
    return found


def test_every_help_fits_into_eighty_columns_whole() -> None:
    every = commands(typer.main.get_command(main))  # type: ignore[arg-type]
    assert ("people", "import") in every
    for path in every:
        help_ = roundup(*path, "--help", COLUMNS="80")
        assert help_.code == 0
        assert max(map(len, help_.out.splitlines())) <= 80
        assert "..." not in help_.out.replace("COMMAND [ARGS]...", ""), "a first sentence is too long for the list"
