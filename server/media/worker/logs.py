"""A worker's logs, in the two formats of `server.logs`, which would cost every worker more than 5 MB (structlog, Rich).

Nothing has to be withheld from them: no name, e-mail address or token ever reaches a worker.
"""

import logging
from datetime import UTC, datetime

import msgspec

_EVENT_WIDTH = 30


def configure_logs(level: str, *, is_json: bool) -> None:
    """Send what is logged in this process to the standard error. Libraries are heard from `warning` on."""
    threshold = logging.getLevelNamesMapping()[level.upper()]
    handler = logging.StreamHandler()
    handler.setFormatter(_JsonFormatter() if is_json else _TextFormatter())
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
    """For eyes on a terminal; a traceback has lines of its own."""

    def format(self, record: logging.LogRecord) -> str:
        line = (
            f"{_timestamp(record)} [{record.levelname.lower():<9}] {record.getMessage():<{_EVENT_WIDTH}}"
            f" [{record.name}] pid={record.process}"
        )
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


def _timestamp(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
