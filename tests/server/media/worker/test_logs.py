"""The worker's two formats are the gateway's: both log the same, each in a process of its own."""

import json
import re
import subprocess
import sys

import pytest

PROGRAM = """
import logging
from {module} import configure_logs
configure_logs({level!r}, is_json={is_json})
logging.getLogger("some.library").info("unheard")
logging.getLogger("some.library").warning("hello %s", 1)
try:
    {{}}[1]
except KeyError:
    logging.getLogger("server.media.rpc").exception("broken")
"""


def log_of(module: str, *, is_json: bool, level: str = "info") -> str:
    program = PROGRAM.format(module=module, level=level, is_json=is_json)
    return subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stderr


@pytest.mark.parametrize("level", ["debug", "info", "error"])
def test_json_is_that_of_the_gateway(level: str) -> None:
    theirs, ours = (
        [json.loads(line) for line in log_of(module, is_json=True, level=level).splitlines()]
        for module in ("server.logs", "server.media.worker.logs")
    )
    for line in theirs + ours:
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", line.pop("timestamp"))
    assert all(line.pop("pid") > 0 for line in ours)
    assert ours == theirs
    assert len(ours) == (1 if level == "error" else 2)


@pytest.mark.parametrize("level", ["debug", "info"])
def test_text_is_that_of_the_gateway(level: str) -> None:
    theirs, ours = (
        log_of(module, is_json=False, level=level) for module in ("server.logs", "server.media.worker.logs")
    )
    assert ("Traceback" in ours) == (level == "debug")
    assert "hello 1" in ours

    def without_time(text: str) -> str:
        return re.sub(r"\d{4}-\S+Z", "(time)", text)

    assert re.sub(r" pid=\d+$", "", without_time(ours), flags=re.MULTILINE) == without_time(theirs)
