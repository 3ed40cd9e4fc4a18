"""The server's own address, and what follows from it: whose requests are ours, and how cookies are guarded."""

import re
from collections.abc import Collection
from urllib.parse import urlsplit

_HOST = re.compile(r"[A-Za-z0-9.-]+(?::[0-9]+)?|\[[0-9A-Fa-f:.]+\](?::[0-9]+)?")


class Address:
    """How browsers reach the server."""

    def __init__(self, base_url: str, allowed_origins: Collection[str] = ()) -> None:
        self.base_url = base_url
        self.origins = frozenset({base_url, *(origin.rstrip("/") for origin in allowed_origins)})
        """Origins of our own pages, apart from the host that a request names."""

    @property
    def is_secure(self) -> bool:
        """Tell whether browsers reach us by TLS, ours or a proxy's."""
        return self.base_url.startswith("https://")

    @property
    def cookie_name(self) -> str:
        """Name the session's cookie. With the prefix, no other host and no plain HTTP page can have set it."""
        return "__Host-roundup_session" if self.is_secure else "roundup_session"

    def is_own_origin(self, origin: str, host: str) -> bool:
        """Tell whether a request with these `Origin` and `Host` headers comes from a page of ours."""
        if origin in self.origins:
            return True
        try:
            parts = urlsplit(origin)
        except ValueError:
            return False
        return parts.scheme in ("http", "https") and parts.netloc != "" and parts.netloc.lower() == host.lower()


def is_host(text: str) -> bool:
    """Tell whether a `Host` header is no more than a host, so that it may be repeated in another header."""
    return _HOST.fullmatch(text) is not None
