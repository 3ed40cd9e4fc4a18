"""The built web client: its page, served with a fresh nonce, and its files.

Only files that were there at the start are served, by a name in a table: no path from outside ever reaches the disk.
"""

import secrets
from pathlib import Path

from aiohttp import web

from protocol.errors import ErrorCode
from server.errors import StartupError, UserError
from server.http.policies import FILE, client_policy

_NONCE = b"__CSP_NONCE__"
_COMPRESSED = (".gz", ".br")
_CONTENT_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".map": "application/json",
    ".mp3": "audio/mpeg",
    ".ogg": "audio/ogg",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".wasm": "application/wasm",
    ".wav": "audio/wav",
    ".webmanifest": "application/manifest+json",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
}
"""Named here, not asked of the machine: browsers are told to believe them."""
_FOREVER = "public, max-age=31536000, immutable"
"""For names that hold a hash of what is in them."""


class WebClient:
    """The files of a built client in memory's table, and the page that loads them."""

    def __init__(self, page: bytes, files: dict[str, Path]) -> None:
        self._page = page
        self._files = files

    @classmethod
    def load(cls, web_dir: Path) -> "WebClient":
        """Read what was built into `web_dir`. Raises `StartupError` when nothing was."""
        index = web_dir / "index.html"
        try:
            page = index.read_bytes()
        except OSError as error:
            raise StartupError(
                f"The web client is not built: {index} cannot be read; `make run` builds it, "
                "and --web-dir says where it is."
            ) from error
        files = {
            path.relative_to(web_dir).as_posix(): path
            for path in web_dir.rglob("*")
            if path.is_file() and path != index and path.suffix not in _COMPRESSED
        }
        return cls(page, files)

    async def get_page(self, request: web.Request) -> web.Response:
        """Answer with the client's page, whoever asks: the client itself finds out who is signed in."""
        nonce = secrets.token_urlsafe(16)
        return web.Response(
            body=self._page.replace(_NONCE, nonce.encode("ascii")),
            content_type="text/html",
            charset="utf-8",
            headers={"Content-Security-Policy": client_policy(nonce, request.headers.get("Host", ""))},
        )

    async def get_file(self, request: web.Request) -> web.StreamResponse:
        """Answer with one of the client's files, compressed when it lies there compressed (`.br`, `.gz`)."""
        name = request.match_info["name"]
        path = self._files.get(name)
        if path is None:
            raise UserError(ErrorCode.NOT_FOUND, "There is nothing at this address.")
        return web.FileResponse(
            path,
            headers={
                "Cache-Control": _FOREVER if name.startswith("assets/") else "no-cache",
                "Content-Security-Policy": FILE,
                "Content-Type": _CONTENT_TYPES.get(path.suffix, "application/octet-stream"),
                "Vary": "Accept-Encoding",
            },
        )
