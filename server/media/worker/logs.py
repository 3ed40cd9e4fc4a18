"""A worker's logs, in the two formats of `server.logs`, which would cost every worker more than 5 MB (structlog, Rich).

Nothing has to be withheld from them: no name, e-mail address or token ever reaches a worker.
"""

import logging
from datetime import UTC, datetime

import msgspec

from server.tracebacks import in_one_line

_EVENT_WIDTH = 30


def configure_logs(level: str, *, is_json: bool) -> None:
    """Send what is logged in this process to the standard error. Libraries are heard from `warning` on."""
    threshold = logging.getLevelNamesMapping()[level.upper()]
    handler = logging.StreamHandler()
    handler.setFormatter(_JsonFormatter() if is_json else _TextFormatter(with_tracebacks=level == "debug"))
    logging.basicConfig(handlers=[handler], level=max(threshold, logging.WARNING), force=True)
    logging.getLogger("server").setLevel(threshold)
    logging.captureWarnings(capture=True)


class _JsonFormatter(logging.Formatter):
    """One object a line."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "event": record.getMessage(),
            "level": record.levelname.lower(),
            "timestamp": _timestamp(record),
            "logger": record.name,
            "pid": record.process,
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return msgspec.json.encode(line).decode()


class _TextFormatter(logging.Formatter):
    """For eyes on a terminal. With tracebacks, which have lines of their own, or with an error in its event's line."""

    def __init__(self, *, with_tracebacks: bool) -> None:
        super().__init__()
        self._with_tracebacks = with_tracebacks

    def format(self, record: logging.LogRecord) -> str:
        line = (
            f"{_timestamp(record)} [{record.levelname.lower():<9}] {record.getMessage():<{_EVENT_WIDTH}}"
            f" [{record.name}]"
        )
        pid = f" pid={record.process}"
        if not record.exc_info or record.exc_info[1] is None:
            return line + pid
        if self._with_tracebacks:
            return f"{line}{pid}\n{self.formatException(record.exc_info)}"
        summary = in_one_line(record.exc_info[1])
        return line + "".join(f" {name}={_quoted(value)}" for name, value in summary.items()) + pid


def _quoted(value: str) -> str:
    """Return a value as structlog writes it."""
    return repr(value) if set(value) & set(" \t=\r\n\"'") else value


def _timestamp(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
