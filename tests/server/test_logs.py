"""Logs: readable by people or machines, ids bound, secrets withheld. Each in a process of its own, as logging is."""

import json
import subprocess
import sys
import textwrap
from pathlib import Path

from tests.support.command import ROOT

TOKEN = "k3yFvT0_9dNq-AbCdEfGhIjKlMnOpQrStUvWxYz01234"[:43]


def log_of(program: str, level: str = "info", *, is_json: bool = True) -> list[str]:
    lines = [
        "import asyncio, logging, structlog, warnings",
        "from server.logs import configure_logs",
        f"configure_logs({level!r}, is_json={is_json})",
        "log = structlog.get_logger('server.test')",
        textwrap.dedent(program),
    ]
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(lines)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "", "what is logged is no output"
    return done.stderr.splitlines()


def test_an_event_has_the_ids_that_are_bound() -> None:
    [line] = log_of("""
        structlog.contextvars.bind_contextvars(room_id="room_1", participant_id="participant_1")
        log.info("joined", connections=2)
    """)
    event = json.loads(line)
    assert event.pop("timestamp").endswith("Z")
    assert event == {
        "event": "joined",
        "level": "info",
        "room_id": "room_1",
        "participant_id": "participant_1",
        "connections": 2,
    }


def test_where_nothing_can_be_written_work_goes_on() -> None:
    program = """
        import logging, structlog
        from server.logs import configure_logs
        configure_logs("info", is_json=True)
        structlog.get_logger("server.test").error("store_failed", reason="the disk is full")
        logging.getLogger("some.library").warning("trouble")
        structlog.get_logger("server.test").error("store_failed", reason="the disk is full")
        print("on")
    """
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(program)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=full,
            text=True,
            check=False,
        )
    assert (done.returncode, done.stdout) == (0, "on\n")


def test_below_the_level_nothing_is_said() -> None:
    program = "log.debug('a'); log.info('b'); log.warning('c'); log.error('d')"
    assert [json.loads(line)["event"] for line in log_of(program, "warning")] == ["c", "d"]
    assert [json.loads(line)["event"] for line in log_of(program, "debug")] == ["a", "b", "c", "d"]


def test_libraries_are_heard_in_the_same_form_from_warning_on() -> None:
    lines = log_of("""
        logging.getLogger("some.library").info("chatter")
        logging.getLogger("some.library").warning("trouble with %s", "this")
        warnings.warn("old way")
    """)
    events = [json.loads(line) for line in lines]
    assert [(event["level"], event["logger"]) for event in events] == [
        ("warning", "some.library"),
        ("warning", "py.warnings"),
    ]
    assert events[0]["event"] == "trouble with this"


def test_an_api_token_is_withheld_whole() -> None:
    [line] = log_of(f"""logging.getLogger("some.library").error("refused Bearer rup_{TOKEN}, twice")""", is_json=False)
    assert TOKEN not in line
    assert "refused Bearer (token), twice" in line


def test_an_exception_is_one_line_of_json_without_the_values_of_variables() -> None:
    [line] = log_of("""
        def fail(password):
            raise RuntimeError("broken")
        try:
            fail("open sesame")
        except RuntimeError:
            log.exception("failed")
    """)
    event = json.loads(line)
    assert "RuntimeError: broken" in event["exception"]
    assert "open sesame" not in json.dumps(event["exception"].replace('fail("open sesame")', ""))


FAILING = """
    async def wait_for_the_disk():
        await asyncio.Event().wait()
    async def work():
        try:
            async with asyncio.timeout(0.01):
                await wait_for_the_disk()
        except TimeoutError as error:
            log.error("hook_failed", exc_info=error)
        try:
            raise ValueError("one\\ntwo")
        except ValueError:
            log.exception("failed")
            logging.getLogger("some.library").exception("failed there")
    asyncio.run(work())
"""


def test_an_error_is_one_line_of_text_that_says_what_and_where() -> None:
    hook, ours, theirs = log_of(FAILING, is_json=False)
    assert "hook_failed" in hook
    assert "error='TimeoutError: '" in hook or "error=TimeoutError:" in hook
    assert "locks.py" in hook, "where it waited"
    for line in (ours, theirs):
        assert "ValueError: one two" in line
        assert "<string>:" in line


def test_at_debug_the_whole_traceback_is_there() -> None:
    text = "\n".join(log_of(FAILING, "debug", is_json=False))
    assert text.count("Traceback (most recent call last)") >= 3


def test_for_people_it_is_text_without_colours_when_it_is_no_terminal() -> None:
    lines = log_of("log.info('joined', room_id='room_1'); log.error('x')", is_json=False)
    assert "joined" in lines[0]
    assert "room_id=room_1" in lines[0]
    assert "\x1b" not in "".join(lines)


def test_secrets_and_addresses_are_withheld_wherever_they_come_from() -> None:
    program = f"""
        log.info("opened", path="/s/{TOKEN}", cookie="roundup_session={TOKEN}; x=1")
        logging.getLogger("some.library").error("no mailbox <ana.lima@school.example>, token={TOKEN}")
        try:
            raise ValueError("{TOKEN} of ana@school.example")
        except ValueError:
            log.exception("failed")
    """
    for is_json in (True, False):
        text = "\n".join(log_of(program, is_json=is_json))
        assert TOKEN not in text
        assert "school.example" not in text
        assert text.count("(token)") == 4, text
    assert "ana@school.example" in "\n".join(log_of(program, "debug")), "for whoever looks for a fault"
    assert TOKEN not in "\n".join(log_of(program, "debug"))
