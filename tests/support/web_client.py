"""A stand-in for the built web client where a test is about something else."""

from pathlib import Path

from server.config import Config

SCRIPT = "console.log('hello');" * 20


def lay_out_web_client(folder: Path) -> Path:
    """Lay out files as a build of the web client does, and return the folder."""
    (folder / "assets").mkdir(parents=True, exist_ok=True)
    (folder / "index.html").write_text(
        '<!doctype html><title>Roundup</title><script nonce="__CSP_NONCE__" src="/assets/i-1.js"></script>'
        '<style nonce="__CSP_NONCE__"></style>'
    )
    (folder / "assets" / "i-1.js").write_text(SCRIPT)
    (folder / "assets" / "i-1.js.gz").write_bytes(b"as if by gzip")
    (folder / "assets" / "i-1.js.br").write_bytes(b"as if by brotli")
    (folder / "assets" / "font.woff2").write_bytes(b"wOF2")
    (folder / "favicon.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    (folder / "manifest.webmanifest").write_text("{}")
    return folder


def find_web_client(folder: Path) -> Path:
    """Return the real client's build when there is one, else a stand-in laid out in `folder`."""
    built = Config().web_dir
    return built if (built / "index.html").is_file() else lay_out_web_client(folder)
