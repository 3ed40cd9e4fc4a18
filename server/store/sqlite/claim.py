"""One server at a time on a data folder: a lock on a file in it."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from server.errors import StartupError

FILE_NAME = "server.lock"


@contextmanager
def claim_folder(data_dir: Path) -> Iterator[None]:
    """Hold `data_dir` for this process, and make it when missing; the system lets go of it however the process ends.

    Raises `StartupError` when another server has it.
    """
    try:
        # What is in there is personal: nobody else on the machine needs to read it.
        data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = (data_dir / FILE_NAME).open("w")
    except OSError as error:
        raise StartupError(f"The data folder {data_dir} cannot be used: {error.strerror}.") from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StartupError(
                f"Another server is running on the data folder {data_dir}; stop it, or choose another with --data-dir."
            ) from error
        yield
