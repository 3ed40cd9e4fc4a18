"""The address that people open: of the server, and of their sign-in links."""

from datetime import timedelta
from urllib.parse import urlsplit

from server.errors import StartupError

LINK_LIFETIME = timedelta(days=30)


def base_url(public_url: str, *, port: int, is_tls: bool) -> str:
    """Return how browsers reach the server, without a slash at the end. Raises `StartupError`."""
    if public_url:
        return origin_of(public_url, "--public-url")
    return f"{'https' if is_tls else 'http'}://localhost:{port}"


def origin_of(url: str, option: str) -> str:
    """Return a URL that is nothing but an origin, in the form in which browsers send it.

    Raises `StartupError`, naming the option, for one that is more or less: cookies and the page's own links hold for
    a whole host.
    """
    try:
        parts = urlsplit(url)
        is_complete = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_complete = False
    if not is_complete or parts.path not in ("", "/") or parts.query or parts.fragment or "@" in parts.netloc:
        raise StartupError(
            f"{option} {url!r} must be scheme and host with nothing after it, like https://rooms.example.org."
        )
    default_port = ":443" if parts.scheme == "https" else ":80"
    return f"{parts.scheme}://{parts.netloc.lower().removesuffix(default_port)}"


def sign_in_url(base: str, token: str) -> str:
    """Return the link that signs in whoever opens it."""
    return f"{base}/s/{token}"
