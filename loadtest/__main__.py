"""`python -m loadtest`."""

import sys
from importlib.util import find_spec

_EXTRAS = ("psutil", "playwright")


def main() -> None:
    """Run the command line, or say in one sentence what is missing."""
    missing = [name for name in _EXTRAS if find_spec(name) is None]
    if missing:
        sys.stderr.write(
            f"The load harness needs {' and '.join(missing)}: run make setup, then .venv/bin/python -m loadtest\n"
        )
        raise SystemExit(2)
    from loadtest.cli import app

    app(prog_name="python -m loadtest")


if __name__ == "__main__":
    main()
