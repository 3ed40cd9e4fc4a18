"""A real SMTP server on this machine, which answers as it is told."""

import asyncio
import email
import email.policy
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

MAIL_PASSWORD = "open sesame"


@dataclass
class Mailbox:
    """What an SMTP server got, and how it answers: by default it takes everything."""

    port: int = 0
    got: list[tuple[str, list[str], EmailMessage, bytes]] = field(default_factory=list)
    connections: int = 0
    on_recipient: Callable[[str], str] = lambda _address: "250 OK"
    on_sender: Callable[[str], str] = lambda _address: "250 OK"
    on_data: Callable[[SMTP], Awaitable[str]] | None = None
    logins: list[LoginPassword] = field(default_factory=list)

    async def handle_EHLO(  # noqa: N802 - aiosmtpd's names
        self, _server: SMTP, session: Session, _envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        self.connections += 1
        return responses

    async def handle_MAIL(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return self.on_sender(address)

    async def handle_RCPT(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        answer = self.on_recipient(address)
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        answer = "250 OK" if self.on_data is None else await self.on_data(server)
        if answer.startswith("250"):
            assert isinstance(envelope.content, bytes)
            message = email.message_from_bytes(envelope.content, policy=email.policy.default)
            assert isinstance(message, EmailMessage)
            self.got.append((str(envelope.mail_from), list(envelope.rcpt_tos), message, envelope.content))
        return answer

    def authenticate(self, _server: SMTP, _session: Session, _envelope: Envelope, _how: str, data: Any) -> AuthResult:
        self.logins.append(data)
        return AuthResult(success=data.password == MAIL_PASSWORD.encode(), handled=False)


@asynccontextmanager
async def smtp_server(**options: Any) -> AsyncIterator[Mailbox]:
    mailbox = Mailbox()
    loop = asyncio.get_running_loop()
    tls = options.pop("implicit_tls", None)

    def create() -> SMTP:
        return SMTP(
            mailbox,
            loop=loop,
            hostname="mail.example",
            enable_SMTPUTF8=options.get("enable_SMTPUTF8", False),
            authenticator=mailbox.authenticate,
            auth_require_tls=False,
            **{key: value for key, value in options.items() if key != "enable_SMTPUTF8"},
        )

    server = await loop.create_server(create, "127.0.0.1", 0, ssl=tls)
    mailbox.port = server.sockets[0].getsockname()[1]
    try:
        yield mailbox
    finally:
        server.close()
        await server.wait_closed()
