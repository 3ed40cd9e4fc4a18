"""Where the data is: in a folder, or behind the URL of a PostgreSQL database."""

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from server.errors import StartupError

_SCHEMES = ("postgresql", "postgres")


@dataclass(frozen=True, slots=True)
class DatabaseUrl:
    """The URL of a PostgreSQL database, as `postgresql://USER:PASSWORD@HOST/DATABASE`."""

    text: str = field(repr=False)
    """With the password: for the driver, and for nobody's eyes."""
    name: str
    """What people may see of it: no user, no password, no parameters."""

    def __str__(self) -> str:
        return self.name


Location = Path | DatabaseUrl


def locate(data_dir: Path, database_url: str) -> Location:
    """Return where the data is: behind the URL if there is one, else in the folder.

    Raises `StartupError`, which quotes nothing of the URL, when it is not understood.
    """
    return _parse(database_url) if database_url else data_dir


def _parse(text: str) -> DatabaseUrl:
    try:
        parts = urlsplit(text)
        host = _host(parts)
    except ValueError:
        parts, host = SplitResult("", "", "", "", ""), ""
    # A second @ or a / in the password would make another host of its end, which is then looked up and shown.
    if parts.scheme not in _SCHEMES or parts.netloc.count("@") > 1 or parts.fragment:
        raise StartupError(
            "--database-url is not understood; it looks like postgresql://USER:PASSWORD@HOST/DATABASE, with every "
            "special character of the password as % and two digits."
        )
    return DatabaseUrl(text, f"postgresql://{host}/{unquote(parts.path.lstrip('/'))}")


def _host(parts: SplitResult) -> str:
    host = parts.hostname or ""
    if ":" in host:
        host = f"[{host}]"
    return host if parts.port is None else f"{host}:{parts.port}"
