"""Logs: one event per line, for eyes on a terminal or as JSON, with the ids of room and participant bound to it.

The rule is that nobody logs a name, an e-mail address or a token. As errors of libraries may quote anything, what
looks like an address or a token is also taken out of the finished line.
"""

import io
import logging
import re
import sys
from contextlib import suppress
from typing import Any, TextIO, cast

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from server.errors import StoreError
from server.tracebacks import in_one_line

_TOKEN = re.compile(r"(?<![\w-])(?:rup_)?[A-Za-z0-9_-]{43}(?![\w-])", re.ASCII)
"""As `server.people.tokens` makes them, with the prefix of API tokens or without; no id of ours is so long."""
_EMAIL = re.compile(r"[^\s@'\"<>=(,]+@[^\s@'\"<>),]+\.[^\s@'\"<>),]+")


def configure_logs(level: str, *, is_json: bool, stream: TextIO | None = None) -> None:
    """Send everything that is logged in this process, by us or by a library, to `stream` (the standard error).

    `level` is one of `server.config.LOG_LEVELS`. Libraries are heard from `warning` on. Text has tracebacks at `debug`
    only, JSON always, as a field. At `debug`, e-mail addresses are left as they are; tokens never are.
    """
    stream = sys.stderr if stream is None else stream
    threshold = logging.getLevelNamesMapping()[level.upper()]
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    is_debug = level == "debug"
    finish: list[Processor] = [
        *_renderers(stream, is_json=is_json, with_tracebacks=is_debug),
        _withhold(addresses=not is_debug),
    ]
    structlog.configure(
        processors=[*shared, *finish],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=structlog.WriteLoggerFactory(cast("TextIO", _Lines(stream))),
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *finish],
        )
    )
    logging.basicConfig(handlers=[handler], level=max(threshold, logging.WARNING), force=True)
    logging.captureWarnings(capture=True)


def log_failure(log: Any, event: str, error: Exception, **fields: Any) -> None:
    """Log that `event` happened: when it was the store that failed, with its reason, else with the error."""
    if isinstance(error, StoreError):
        log.error("store_failed", during=event, reason=error.reason, **fields)
    else:
        log.error(event, exc_info=error, **fields)


class _Lines(io.TextIOBase):
    """Where lines go. One that cannot be written is lost, as in `logging`: whoever logs has something else to do.

    The disk that has no room for a row has none for the line that says so.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str, /) -> int:
        with suppress(OSError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError):
            self._stream.flush()


def _renderers(stream: TextIO, *, is_json: bool, with_tracebacks: bool) -> list[Processor]:
    if is_json:
        return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    render = structlog.dev.ConsoleRenderer(
        colors=stream.isatty(),
        # The prettier ones show the values of variables.
        exception_formatter=structlog.dev.plain_traceback,
    )
    return [render] if with_tracebacks else [_shorten_exception, render]


def _shorten_exception(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Say in the event's own line what was raised and where: a traceback has dozens of them."""
    info = event.pop("exc_info", None)
    error = sys.exc_info()[1] if info is True else info[1] if isinstance(info, tuple) else info
    if isinstance(error, BaseException):
        event.update(in_one_line(error))
    return event


def _withhold(*, addresses: bool) -> Processor:
    """Take what looks like a secret, and unless told otherwise an e-mail address, out of a finished line."""

    def withhold(_logger: WrappedLogger, _method: str, line: Any) -> str:
        text = _TOKEN.sub("(token)", line)
        return _EMAIL.sub("(address)", text) if addresses else text

    return withhold
