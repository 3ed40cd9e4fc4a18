"""What the command as a whole refuses in one sentence: a wrong value, broken text, an output that cannot be written.

What a single command refuses is in `server.cli.run`.
"""

import os
import sys
from collections.abc import Iterator, Sequence
from typing import Any, NoReturn

import typer
from typer.core import TyperGroup

from server.cli.run import CANNOT_START, warn


class Program(TyperGroup):
    """The command `roundup` with all that is below it."""

    def main(self, args: Sequence[str] | None = None, *rest: Any, **extra: Any) -> Any:
        """Run one command line, and end the program."""
        settings = [value for name, value in os.environ.items() if name.startswith("ROUNDUP_")]
        for text in (*(sys.argv[1:] if args is None else args), *settings):
            if not _is_utf8(text):
                _end(f"{text!r} is not text in UTF-8.")
        try:
            return super().main(args, *rest, **extra)
        except OSError as error:
            if not _comes_from_printing(error):
                raise
            # Else Python tries again, at its own end, to write what is left.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            _end(f"The output cannot be written: {error.strerror}.")

    def invoke(self, ctx: Any) -> Any:
        """Find the command, and run it."""
        try:
            return super().invoke(ctx)
        except typer.BadParameter as error:
            sentence = _sentence(error)
            if sentence is None:
                raise
            _end(sentence)


def _sentence(error: typer.BadParameter) -> str | None:
    """Say what an option can be; `None` when not its value was wrong."""
    param: Any = error.param
    cause: Any = error.__cause__
    if param is None or error.ctx is None or not hasattr(cause, "errors"):
        return None
    source = error.ctx.get_parameter_source(param.name)
    is_variable = source is not None and source.name == "ENVIRONMENT"
    expected = _expected(param.type_descriptor)
    if expected is None:
        return None
    given = cause.errors()[0]["input"]
    return f"{param.envvar if is_variable else param.opts[0]} cannot be {given!r}: it is {expected}."


def _expected(described: Any) -> str | None:
    """Say in words what the type of an option takes."""
    if described.is_choice:
        return f"one of {', '.join(choice.value for choice in described.choices)}"
    if described.is_ranged:
        kind = "a whole number" if described.annotation is int else "a number"
        return f"{kind} from {described.parameter_info.min} to {described.parameter_info.max}"
    return "true or false" if described.annotation is bool else None


def _is_utf8(text: str) -> bool:
    """Tell whether bytes were given that Python could only set aside (PEP 383)."""
    return not any("\udc80" <= character <= "\udcff" for character in text)


def _comes_from_printing(error: OSError) -> bool:
    """Tell whether Typer raised it: that prints and does nothing else with files. Whatever else fails is our fault."""
    return [*_modules(error)][-1].startswith("typer.")


def _modules(error: OSError) -> Iterator[str]:
    trace = error.__traceback__
    while trace is not None:
        yield trace.tb_frame.f_globals["__name__"]
        trace = trace.tb_next


def _end(sentence: str) -> NoReturn:
    warn(sentence)
    sys.exit(CANNOT_START)
