"""What holds for every test."""

import structlog
from hypothesis import settings

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")  # a timing never decides a test

# The console's own way to show a traceback, with every variable, takes seconds: plain, as in a server that is started.
*_before, _ = structlog.get_config()["processors"]
_console = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
structlog.configure(processors=[*_before, _console])
