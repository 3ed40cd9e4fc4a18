"""Configuration of `roundup serve`: read once, typed, and passed in."""

import os
from dataclasses import dataclass, field
from pathlib import Path

SPAN_AT = 300
"""A hundred and fifty pages, each of which receives some 600 packets a second, are what one core forwards."""
LOG_LEVELS = ("debug", "info", "warning", "error")


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Everything that an operator can set. Every field is an option of the command line and an environment variable."""

    host: str = ""
    """Address or name to listen on; empty means every address of this machine, IPv4 and IPv6."""
    port: int = 8800
    """TCP port of HTTP and WebSocket; 0 takes a free one."""
    media_port: int = 8810
    """Port, UDP and TCP, of the first media worker; worker n has `media_port + n`; 0 takes free ones."""
    data_dir: Path = Path("data")
    database_url: str = field(default="", repr=False)
    """A PostgreSQL database, e.g. `postgresql://roundup:PASSWORD@localhost/roundup`; empty: SQLite in `data_dir`."""
    public_url: str = ""
    """How browsers reach this server, e.g. `https://rooms.example.org`; empty means `http(s)://localhost:PORT`."""
    announce_ips: tuple[str, ...] = ()
    """Addresses told to browsers for media; empty means this machine's own."""
    allowed_origins: tuple[str, ...] = ()
    """Further origins that may open WebSockets; the public URL and the page's own host always may."""
    tls_cert: Path | None = None
    tls_key: Path | None = None
    turn_urls: tuple[str, ...] = ()
    """TURN servers that pages may use, e.g. `turn:turn.example.org:3478?transport=udp`."""
    turn_secret_file: Path | None = None
    """Holds what is shared with the TURN servers."""
    turn_credential_s: int = 43_200
    """How long a page may open relays with the credentials it was given: longer than any meeting."""
    smtp_url: str = field(default="", repr=False)
    """Where e-mail goes, e.g. `smtp://USER:PASSWORD@mail.example.org:587`; empty: none is sent."""
    mail_from: str = ""
    """Who e-mail is from, e.g. `Roundup <roundup@school.example>`."""
    xapi_url: str = ""
    """A learning record store, e.g. `https://lrs.example.org/xapi`; empty: none is told anything."""
    xapi_key: str = field(default="", repr=False)
    xapi_secret: str = field(default="", repr=False)
    outbox_days: int = 30
    """How long the text of what was sent is kept."""
    media_workers: int = field(default_factory=lambda: len(os.sched_getaffinity(0)))
    """One for each core that this process may use."""
    room_span_transports: int = SPAN_AT
    """A media worker with so many transports is full (a page has two): a room goes on on another one."""
    web_dir: Path = Path(__file__).parent.parent / "client_web" / "dist"
    """The built web client."""
    room_grace_s: float = 60.0
    """How long a meeting stays open after the last participant has gone."""
    reconnect_grace_s: float = 20.0
    """How long a participant whose connections are lost stays in the room."""
    reload_grace_s: float = 5.0
    """How long a participant whose pages are closed does: they may be loading one anew."""
    log_level: str = "info"
    """One of `LOG_LEVELS`."""
    log_json: bool = False
    is_demo: bool = False
