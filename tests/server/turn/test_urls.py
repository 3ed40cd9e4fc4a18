import pytest

from server.errors import StartupError
from server.turn.urls import TurnUrl, parse_turn_url


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("turn:turn.example.org", TurnUrl("turn.example.org", 3478, "udp")),
        ("turn:turn.example.org:3479?transport=udp", TurnUrl("turn.example.org", 3479, "udp")),
        ("turn:203.0.113.9?transport=tcp", TurnUrl("203.0.113.9", 3478, "tcp")),
        ("turns:turn.example.org", TurnUrl("turn.example.org", 5349, "tls")),
        ("turns:[2001:db8::7]:443?transport=tcp", TurnUrl("2001:db8::7", 443, "tls")),
    ],
)
def test_an_address_names_host_port_and_transport(text: str, expected: TurnUrl) -> None:
    assert parse_turn_url(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "turn.example.org",
        "stun:turn.example.org",
        "turn://turn.example.org",
        "turn:turn.example.org:0",
        "turn:turn.example.org:65536",
        "turn:turn.example.org?transport=sctp",
        "turn:turn.example.org\nrealm=elsewhere",
        "turn:user@turn.example.org",
        "turn:[2001:db8::1::2]",
        "turns:turn.example.org?transport=udp",
    ],
)
def test_anything_else_is_refused_and_named(text: str) -> None:
    with pytest.raises(StartupError) as refused:
        parse_turn_url(text)
    assert repr(text) in str(refused.value)
