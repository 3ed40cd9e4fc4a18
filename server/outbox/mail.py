"""E-mail, by SMTP (RFC 5321): plain text, one message after the other over one connection.

A message that is sent twice has the same Message-ID, by which mailboxes tell that it is one.
"""

import asyncio
import hashlib
import ssl
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.policy import SMTPUTF8 as SMTPUTF8_POLICY
from email.utils import format_datetime

import aiosmtplib
import msgspec

from server.clock import Clock
from server.outbox.channel import SENT, Outcome, Verdict, reason_of
from server.outbox.letters import MAIL, Letter
from server.outbox.smtp_url import SmtpServer
from server.store.outbox import WaitingMessage

TIMEOUT_S = 30.0
"""For the server to answer."""
CONNECTING_TIMEOUT_S = 90.0
TAKING_TIMEOUT_S = 600.0
"""For a letter to be taken (RFC 5321 section 4.5.3.2.6): some look at it for minutes, and who hangs up before sends it
again, and again, to somebody who has it."""
BATCH = 20
BATCH_S = 300.0
"""After so long the rest of a batch waits for the next one: what was sent is to be noted."""
_CONNECTIONS = 2
"""For one batch: servers end a connection that has sent much."""
_CLOSING = 421
"""RFC 5321 section 4.2.3: the server ends the connection."""


@dataclass(frozen=True, slots=True)
class _Envelope:
    """A message as it travels."""

    recipient: str
    data: bytes
    is_utf8: bool
    """Whether its addresses are not ASCII (RFC 6531)."""


class MailChannel:
    """Fits `server.outbox.channel.Channel`."""

    name = MAIL
    batch = BATCH

    def __init__(
        self,
        server: SmtpServer,
        sender: Address,
        own_host: str,
        clock: Clock,
        *,
        tls: ssl.SSLContext | None = None,
        timeout_s: float = TIMEOUT_S,
        taking_timeout_s: float = TAKING_TIMEOUT_S,
    ) -> None:
        """`own_host` is what we call ourselves. Certificates are verified as `tls` says, else as the machine does."""
        self._server = server
        self._sender = sender
        self._own_host = own_host
        self._clock = clock
        self._tls = tls
        self._timeout_s = timeout_s
        self._taking_timeout_s = taking_timeout_s

    async def send(self, messages: Sequence[WaitingMessage]) -> Sequence[Outcome]:
        """Try to send messages, as many as there is time for, and return what came of each of these."""
        outcomes: list[Outcome] = []
        ends_at = self._clock.monotonic() + BATCH_S
        smtp: aiosmtplib.SMTP | None = None
        connections = 0
        try:
            for message in messages:
                if outcomes and self._clock.monotonic() >= ends_at:
                    break
                envelope = self._seal(message)
                if isinstance(envelope, Outcome):
                    outcomes.append(envelope)
                    continue
                if smtp is None or not smtp.is_connected:
                    if connections == _CONNECTIONS:
                        return _and_away(outcomes, messages, "the connection was lost again and again")
                    connections += 1
                    smtp = self._create_client()
                    problem = await self._connect(smtp)
                    if problem:
                        return _and_away(outcomes, messages, problem)
                outcomes.append(await self._send(smtp, envelope))
            return outcomes
        finally:
            if smtp is not None:
                await self._hang_up(smtp)

    async def close(self) -> None:
        """Nothing is open between batches."""

    def _create_client(self) -> aiosmtplib.SMTP:
        server = self._server
        return aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            username=server.user or None,
            password=server.password or None,
            local_hostname=self._own_host,
            timeout=self._timeout_s,
            use_tls=server.is_tls,
            start_tls=server.needs_tls and not server.is_tls,
            tls_context=self._tls,
        )

    async def _connect(self, smtp: aiosmtplib.SMTP) -> str:
        """Connect and sign in; return what is wrong, or nothing."""
        try:
            async with asyncio.timeout(CONNECTING_TIMEOUT_S):
                await smtp.connect()
        except aiosmtplib.SMTPAuthenticationError as error:
            # Not what the server says: some repeat what they were sent.
            return f"the server does not take user name and password ({error.code})"
        except aiosmtplib.SMTPNotSupported:
            return "the server offers no STARTTLS, or no way to sign in that we know"
        except aiosmtplib.SMTPResponseException as error:
            return self._said(error.code, error.message)
        except ssl.SSLError as error:
            return f"no TLS with the server: {reason_of(str(error.reason))}"
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            if isinstance(error, TimeoutError):
                return "the server does not answer"
            cause = error.__cause__ if isinstance(error.__cause__, OSError) else error
            return f"the server cannot be reached: {self._withheld(reason_of(str(cause)) or type(cause).__name__)}"
        return ""

    async def _send(self, smtp: aiosmtplib.SMTP, envelope: _Envelope) -> Outcome:
        try:
            async with asyncio.timeout(self._taking_timeout_s + self._timeout_s):
                await smtp.sendmail(
                    self._sender.addr_spec,
                    [envelope.recipient],
                    envelope.data,
                    mail_options=["SMTPUTF8"] if envelope.is_utf8 else [],
                    timeout=self._taking_timeout_s,
                )
        except aiosmtplib.SMTPRecipientsRefused as error:
            refused = error.recipients[0]
            return self._refused(smtp, refused.code, refused.message)
        except aiosmtplib.SMTPSenderRefused as error:
            # Who it is from is the same for all: it is no fault of this one, and may be put right.
            return self._refused(smtp, min(error.code, 499), error.message)
        except aiosmtplib.SMTPResponseException as error:
            return self._refused(smtp, error.code, error.message)
        except aiosmtplib.SMTPNotSupported:
            return Outcome(Verdict.NEVER, "the server takes no address with other letters than a to z")
        except ValueError:
            return Outcome(Verdict.NEVER, "its address cannot be written")
        except (aiosmtplib.SMTPException, OSError) as error:  # TimeoutError is one
            smtp.close()
            # It may have been taken, or be what the server fails at: others go first.
            lost = "did not answer" if isinstance(error, TimeoutError) else "was lost"
            return Outcome(Verdict.LATER, f"the server {lost} while it was sent")
        return SENT

    def _refused(self, smtp: aiosmtplib.SMTP, code: int, text: str) -> Outcome:
        if code == _CLOSING:
            smtp.close()
        return Outcome(Verdict.NEVER if code >= 500 else Verdict.LATER, self._said(code, text))

    async def _hang_up(self, smtp: aiosmtplib.SMTP) -> None:
        if smtp.is_connected:
            with suppress(aiosmtplib.SMTPException, OSError):
                await smtp.quit()
        smtp.close()

    def _seal(self, message: WaitingMessage) -> _Envelope | Outcome:
        """Write a message as it travels; or say why it never will."""
        to = message.addressee
        if to is None or to.is_removed:
            return Outcome(Verdict.NEVER, "nobody of the programme is to get it")
        try:
            letter = msgspec.json.decode(message.body, type=Letter)
        except ValueError:
            return Outcome(Verdict.NEVER, "what is kept of it is no letter")
        try:
            recipient = _address(to.name, to.email)
            is_utf8 = not recipient.addr_spec.isascii()
            mail = EmailMessage(policy=SMTPUTF8_POLICY if is_utf8 else SMTP_POLICY)
            mail["From"] = self._sender
            mail["To"] = recipient
            mail["Subject"] = _line(letter.subject)
            mail["Date"] = format_datetime(datetime.fromtimestamp(self._clock.now_ms() / 1000, UTC))
            mail["Message-ID"] = f"<{hashlib.sha256(message.key.encode()).hexdigest()[:40]}@{self._sender.domain}>"
            mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no answering machine answers
            mail["X-Auto-Response-Suppress"] = "All"  # the same for Exchange
            mail.set_content(letter.text, cte="quoted-printable")
            return _Envelope(recipient.addr_spec, mail.as_bytes(), is_utf8)
        except (ValueError, IndexError, MessageError):
            return Outcome(Verdict.NEVER, "its address cannot be written")

    def _said(self, code: int, text: str) -> str:
        return self._withheld(f"the server says {code} {reason_of(text)}".rstrip())

    def _withheld(self, text: str) -> str:
        password = self._server.password
        return text.replace(password, "(password)") if password else text


def _address(name: str, email: str) -> Address:
    """Return an address with a name. Raises `ValueError`."""
    user, _, domain = email.rpartition("@")
    return Address(_line(name), username=user, domain=domain.encode("idna").decode("ascii"))


def _line(text: str) -> str:
    """Return a text without anything that could end a header."""
    line = reason_of(text.encode(errors="replace").decode())
    # Nor what readers would decode (RFC 2047): there may be anything in it.
    return line.replace("=?", "= ?")


def _and_away(outcomes: Sequence[Outcome], messages: Sequence[WaitingMessage], reason: str) -> Sequence[Outcome]:
    """Say of all that were not tried that nothing is taken just now."""
    return [*outcomes, *[Outcome(Verdict.AWAY, reason)] * (len(messages) - len(outcomes))]
