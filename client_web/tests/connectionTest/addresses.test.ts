import { expect, it } from "vitest";
import { hostsOf, relayAddresses } from "../../src/connectionTest/addresses";

it("writes a relay's addresses with host, port and protocol", () => {
  const urls = [
    "turn:turn.example.org:3479?transport=udp",
    "turn:turn.example.org?transport=tcp",
    "turns:turn.example.org:443",
    "turns:[2001:db8::1]",
  ];
  expect(relayAddresses(urls)).toBe(
    "turn.example.org:3479 (UDP), turn.example.org:3478 (TCP), turn.example.org:443 (TLS), [2001:db8::1]:5349 (TLS)",
  );
});

it("lists every host once, as a firewall's rules write it", () => {
  expect(hostsOf(["192.0.2.1:8810", "192.0.2.1:8811", "[2001:db8::1]:8810"])).toBe("192.0.2.1, 2001:db8::1");
  expect(hostsOf([])).toBe("");
});
