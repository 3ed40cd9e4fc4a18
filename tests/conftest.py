"""What holds for every test."""

import os
import shutil
import tempfile
from pathlib import Path

import structlog
from hypothesis import settings

MEMORY = Path("/dev/shm")
ENOUGH_BYTES = 4 << 30

# Databases wait for the disk at every step, and no test pulls the plug: where there is room, files are in memory.
if "TMPDIR" not in os.environ and MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ENOUGH_BYTES:
    os.environ["TMPDIR"] = tempfile.tempdir = str(MEMORY)

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")  # a timing never decides a test

# The console's own way to show a traceback, with every variable, takes seconds: plain, as in a server that is started.
*_before, _ = structlog.get_config()["processors"]
_console = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
structlog.configure(processors=[*_before, _console])
