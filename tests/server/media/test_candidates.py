import ipaddress
from collections import Counter

import msgspec
import pytest

from server.errors import StartupError
from server.media import candidates
from server.media.candidates import check_announced, create_candidates, reachable_addresses


def test_configured_addresses_are_announced_as_they_are() -> None:
    assert reachable_addresses(("203.0.113.5",), "http://localhost:8800") == ["203.0.113.5"]


@pytest.mark.parametrize("url", ["", "http://localhost:8800", "http://127.0.0.1", "http://[::1]:8800/"])
def test_browsers_on_this_machine_reach_loopback(url: str) -> None:
    addresses = reachable_addresses((), url)
    assert addresses[-2:] == ["127.0.0.1", "::1"]


def test_browsers_elsewhere_are_not_sent_to_their_own_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(candidates, "_own_addresses", lambda: [ipaddress.ip_address("192.0.2.1")])
    assert reachable_addresses((), "https://rooms.example.org") == ["192.0.2.1"]


def test_a_machine_without_network_still_has_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(candidates, "_own_addresses", list)
    assert reachable_addresses((), "https://rooms.example.org") == ["127.0.0.1", "::1"]


def test_own_addresses_can_be_reached_by_others() -> None:
    for text in reachable_addresses((), "")[:-2]:
        address = ipaddress.ip_address(text)
        assert not address.is_loopback
        assert not address.is_link_local


def test_candidates_are_preferred_in_order() -> None:
    addresses = ["192.0.2.1", "2001:db8::1"]
    candidates = create_candidates(addresses, 8_810, has_ipv6=True)
    assert [(c.protocol, c.ip) for c in sorted(candidates, key=lambda c: -c.priority)] == [
        (protocol, ip) for protocol in ("udp", "tcp") for ip in addresses
    ]
    assert len({c.foundation for c in candidates}) == 4
    assert {(c.address == c.ip, c.port, c.type) for c in candidates} == {(True, 8_810, "host")}
    assert [c.priority for c in candidates[::2]] == [
        126 << 24 | 65_535 << 8 | 255,
        90 << 24 | (5 * 8_192 - 1) << 8 | 255,
    ]


def test_pages_connect_by_tcp_and_are_not_connected_to() -> None:
    udp, tcp = create_candidates(["192.0.2.1"], 8_810, has_ipv6=True)
    assert msgspec.to_builtins(tcp)["tcpType"] == "passive"
    assert "tcpType" not in msgspec.to_builtins(udp)


def test_without_an_ipv6_socket_there_are_no_ipv6_candidates() -> None:
    candidates = create_candidates(["2001:db8::1", "192.0.2.1"], 1, has_ipv6=False)
    assert [(c.protocol, c.ip) for c in candidates] == [("udp", "192.0.2.1"), ("tcp", "192.0.2.1")]


def test_many_addresses_do_not_make_many_candidates() -> None:
    candidates = create_candidates([f"192.0.2.{n}" for n in range(100)], 1, has_ipv6=True)
    assert Counter(c.protocol for c in candidates) == {"udp": 8, "tcp": 4}


def test_what_is_no_address_stops_the_start_with_a_sentence() -> None:
    check_announced(["192.0.2.1", "2001:db8::1"])
    with pytest.raises(StartupError, match=r"'rooms\.example\.org' .* is no IP address"):
        check_announced(["192.0.2.1", "rooms.example.org"])
