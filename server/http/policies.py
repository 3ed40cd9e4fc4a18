"""Content security policies: what a browser may load, run and connect to, for each kind of response."""

from server.http.address import is_host

_LOCKED = "base-uri 'none'; frame-ancestors 'none'"

NOTHING = f"default-src 'none'; form-action 'none'; {_LOCKED}"
"""For what is no page: JSON, redirects."""
FILE = f"default-src 'self'; {_LOCKED}"
"""For a file: it rules a worker's script, and a picture opened by itself."""


def client_policy(nonce: str, host: str) -> str:
    """Return the content security policy of the web client's page.

    Mantine sets style attributes. The notes' editor parses what is pasted with a Trusted Types policy of its own, in a
    document that shows and runs nothing. Not every browser that can join counts WebSockets of the same host as 'self'.
    """
    sockets = f" ws://{host} wss://{host}" if is_host(host) else ""
    return (
        f"default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'nonce-{nonce}'; "
        "style-src-attr 'unsafe-inline'; img-src 'self' data: blob:; media-src 'self' blob: mediastream:; "
        f"connect-src 'self'{sockets}; font-src 'self'; worker-src 'self' blob:; manifest-src 'self'; "
        f"form-action 'self'; {_LOCKED}; require-trusted-types-for 'script'; trusted-types default ProseMirrorClipboard"
    )


def notice_policy(nonce: str) -> str:
    """Return the policy of a page that only says something."""
    return f"default-src 'none'; style-src 'nonce-{nonce}'; img-src 'self'; form-action 'none'; {_LOCKED}"
