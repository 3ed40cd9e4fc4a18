/**
 * Which of a relay's addresses answer: each is asked for a place of its own, all at the same time. A meeting takes
 * whichever is the quickest, and says nothing of the others.
 */

import type { IceServer } from "../protocol/generated";

export interface RelayOutcome {
  url: string;
  /** `refused`: it answers, but gives no place. */
  kind: "works" | "no_answer" | "refused";
}

const TIMEOUT_MS = 8_000;
const MOST_ADDRESSES = 8;
/** Smaller codes are the relay's own; this one says that none came (W3C WebRTC, section 4.8.3). */
const NOT_REACHED = 701;

/** Never rejects, and takes `TIMEOUT_MS` at most. */
export function probeRelays(servers: readonly IceServer[], signal: AbortSignal): Promise<RelayOutcome[]> {
  const single = servers.flatMap((server) => server.urls.map((url) => ({ ...server, urls: [url] })));
  return Promise.all(single.slice(0, MOST_ADDRESSES).map((server) => probe(server, signal)));
}

async function probe(server: IceServer, signal: AbortSignal): Promise<RelayOutcome> {
  const end = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
  const connection = new RTCPeerConnection({ iceServers: [server], iceTransportPolicy: "relay" });
  try {
    return { url: server.urls[0] ?? "", kind: await gather(connection, end) };
  } finally {
    connection.close();
  }
}

function gather(connection: RTCPeerConnection, end: AbortSignal): Promise<RelayOutcome["kind"]> {
  return new Promise((resolve) => {
    let failure: "no_answer" | "refused" = "no_answer";
    end.addEventListener("abort", () => resolve(failure));
    connection.addEventListener("icecandidateerror", ({ errorCode }) => {
      if (errorCode < NOT_REACHED) failure = "refused";
    });
    connection.addEventListener("icecandidate", ({ candidate }) => {
      if (candidate === null) resolve(failure);
      else if (candidate.type === "relay") resolve("works");
    });
    // Something has to be negotiated before addresses are gathered.
    connection.createDataChannel("probe");
    connection.setLocalDescription().catch(() => resolve(failure));
  });
}
