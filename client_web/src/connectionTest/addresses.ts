/** What somebody who opens a firewall needs to know: hosts, ports and protocols. Pure. */

/** The protocol that a TURN address speaks. */
function protocolOf(url: string): "UDP" | "TCP" | "TLS" {
  if (url.startsWith("turns:")) return "TLS";
  return url.endsWith("?transport=tcp") ? "TCP" : "UDP";
}

/** Write TURN addresses as host, port and protocol. */
export function relayAddresses(urls: readonly string[]): string {
  const read = urls.map((url) => {
    const [address = ""] = url.replace(/^turns?:/, "").split("?");
    const hasPort = /:\d+$/.test(address);
    const usual = url.startsWith("turns:") ? 5349 : 3478; // RFC 7065 section 3.2
    return `${hasPort ? address : `${address}:${usual}`} (${protocolOf(url)})`;
  });
  return read.join(", ");
}

/** List the hosts of addresses like `192.0.2.1:8810` or `[2001:db8::1]:8810`, each once. */
export function hostsOf(addresses: readonly string[]): string {
  const hosts = addresses.map((address) => address.replace(/:\d+$/, "").replace(/^\[(.*)\]$/, "$1"));
  return [...new Set(hosts)].join(", ");
}
