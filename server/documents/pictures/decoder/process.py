"""The decoder's process: confines itself, then answers one picture after the other until its socket closes."""

import contextlib
import ctypes
import os
import resource
import signal
import socket
from pathlib import Path

from server.documents.pictures.decoder.making import made_anew
from server.documents.pictures.decoder.messages import ANSWER, ASK, Answer

_PR_SET_PDEATHSIG = 1
_PR_SET_NO_NEW_PRIVS = 38
_NICENESS = 5
"""Sound and video are forwarded on the same processors, and a picture can wait."""


def run(link: socket.socket, memory_bytes: int, cpu_s: int) -> None:
    """Answer on `link` until it closes, with so much memory, and so much of a processor for each picture."""
    for asked in (signal.SIGINT, signal.SIGTERM):  # also sent to us, but for the server, which then ends us
        signal.signal(asked, signal.SIG_IGN)
    _confine(memory_bytes)
    with link, contextlib.suppress(ConnectionError):  # the server has gone, and we go with it
        _answer(link, Answer.READY, b"")
        while (data := _received(link)) is not None:
            _allow(cpu_s)
            made = made_anew(data)
            del data
            _answer(link, made.answer, made.data)


def _confine(memory_bytes: int) -> None:
    """Give up what reading pictures does not need."""
    libc = ctypes.CDLL(None)
    # In the midst of a picture nobody looks at the socket.
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    os.nice(_NICENESS)
    with contextlib.suppress(OSError):  # a machine that is out of memory ends this process, and not the server
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    # Whatever the decoders have to say of strangers' files is nobody's concern; what kept us from starting was.
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)


def _allow(cpu_s: int) -> None:
    """Let the kernel end this process when the next picture takes more of a processor."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, most = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime) + 1 + cpu_s, most))


def _received(link: socket.socket) -> bytes | None:
    head = _exactly(link, ASK.size)
    return None if head is None else _exactly(link, ASK.unpack(head)[0])


def _exactly(link: socket.socket, size: int) -> bytes | None:
    """Return the next bytes; `None` when the socket closes before."""
    data = bytearray(size)
    rest = memoryview(data)
    while rest:
        received = link.recv_into(rest)
        if received == 0:
            return None
        rest = rest[received:]
    return bytes(data)


def _answer(link: socket.socket, answer: Answer, data: bytes) -> None:
    link.sendall(ANSWER.pack(answer, len(data)))
    link.sendall(data)
