"""The channels that an operator has configured."""

from urllib.parse import urlsplit

from server.clock import Clock
from server.config import Config
from server.errors import StartupError
from server.outbox.channel import Channel
from server.outbox.mail import MailChannel
from server.outbox.smtp_url import parse_sender, parse_smtp_url
from server.outbox.xapi import XapiChannel, parse_record_store


def create_channels(config: Config, base_url: str, clock: Clock) -> list[Channel]:
    """Make them; none without configuration. Raises `StartupError`, in which there is no secret."""
    channels: list[Channel] = []
    if config.smtp_url:
        if not config.mail_from:
            raise StartupError("--smtp-url needs to know who e-mail is from: --mail-from.")
        own_host = urlsplit(base_url).hostname or "localhost"
        server, sender = parse_smtp_url(config.smtp_url), parse_sender(config.mail_from)
        channels.append(MailChannel(server, sender, own_host, clock))
    if config.xapi_url:
        channels.append(XapiChannel(parse_record_store(config.xapi_url, config.xapi_key, config.xapi_secret)))
    return channels
