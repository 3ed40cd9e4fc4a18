"""`roundup coturn-config`; that a real coturn takes it is tested in tests/server/turn/test_real_coturn.py."""

from pathlib import Path

import pytest

from tests.support.command import Outcome, roundup

SECRET = "0123456789abcdef0123456789abcdef"
UDP, TCP, TLS = (
    f"{url}turn.example.org{rest}" for url, rest in (("turn:", ""), ("turn:", "?transport=tcp"), ("turns:", ":443"))
)


@pytest.fixture
def secret_file(tmp_path: Path) -> Path:
    file = tmp_path / "turn.secret"
    file.write_text(f"{SECRET}\n")
    return file


def lines(outcome: Outcome) -> list[str]:
    assert outcome.code == 0, outcome.err
    return [line for line in outcome.out.splitlines() if line and not line.startswith("#")]


def test_it_reads_what_the_server_reads(secret_file: Path) -> None:
    outcome = roundup(
        "coturn-config",
        ROUNDUP_TURN_URLS=f"{UDP},{TCP},{TLS}",
        ROUNDUP_TURN_SECRET_FILE=secret_file,
        ROUNDUP_ANNOUNCE_IP="203.0.113.7, 2001:db8::7",
        ROUNDUP_TURN_TLS_CERT="/etc/turn/cert.pem",
        ROUNDUP_TURN_TLS_KEY="/etc/turn/key.pem",
    )
    printed = lines(outcome)
    for line in (
        "realm=turn.example.org",
        "use-auth-secret",
        f"static-auth-secret={SECRET}",
        "listening-port=3478",
        "tls-listening-port=443",
        "cert=/etc/turn/cert.pem",
        "pkey=/etc/turn/key.pem",
        "denied-peer-ip=0.0.0.0-255.255.255.255",
        "allowed-peer-ip=203.0.113.7",
        "allowed-peer-ip=2001:db8::7",
        "no-multicast-peers",
        "no-cli",
    ):
        assert line in printed
    assert "allow-loopback-peers" not in printed
    assert not {"no-udp", "no-tcp", "no-tls"} & set(printed)


def test_it_offers_no_more_than_the_addresses_say(secret_file: Path) -> None:
    common = ("coturn-config", "--turn-secret-file", secret_file, "--announce-ip", "203.0.113.7")
    printed = lines(roundup(*common, "--turn-urls", UDP, "--listen-ip", "10.0.0.5", "--external-ip", "203.0.113.9"))
    assert {"no-tcp", "no-tls", "listening-ip=10.0.0.5", "relay-ip=10.0.0.5", "external-ip=203.0.113.9"} <= set(printed)
    assert "no-udp" not in printed


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ((), "--turn-urls"),
        (("--turn-urls", UDP), "--announce-ip"),
        (("--turn-urls", UDP, "--announce-ip", "example.org"), "no IP address"),
        (("--turn-urls", TLS, "--announce-ip", "203.0.113.7"), "--tls-cert"),
        (("--turn-urls", f"{UDP}:3478,{UDP}:3479", "--announce-ip", "203.0.113.7"), "one port"),
        (("--turn-urls", UDP, "--announce-ip", "203.0.113.7", "--relay-ports", "many"), "--relay-ports"),
        (("--turn-urls", UDP, "--announce-ip", "203.0.113.7", "--relay-ports", "9000-8000"), "--relay-ports"),
        (("--turn-urls", UDP, "--announce-ip", "203.0.113.7", "--listen-ip", "10.0.0.5\nno-auth"), "no IP address"),
    ],
)
def test_what_is_missing_or_wrong_is_one_sentence(secret_file: Path, args: tuple[str, ...], words: str) -> None:
    outcome = roundup("coturn-config", "--turn-secret-file", secret_file, *args)
    assert (outcome.code, outcome.out) == (2, "")
    assert words in outcome.err
    assert outcome.err.count("\n") == 1
    assert SECRET not in outcome.err
