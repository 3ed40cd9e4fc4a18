"""What a page's connections and pictures tell of themselves. What is waited for is looked at in the page."""

from typing import Any, cast

from playwright.async_api import Page

from tests.browser.visitor import Visitor

DEADLINE_S = 60

KEEP_CONNECTIONS = """
window.connections = [];
window.RTCPeerConnection = class extends RTCPeerConnection {
  constructor(...options) { super(...options); window.connections.push(this); }
};
"""
"""For a page's init script: everything below but the lines needs it."""
_VIDEO_STATS = """
async (type) => {
  const found = [];
  for (const connection of window.connections) {
    if (connection.connectionState === 'closed') continue;
    for (const stat of (await connection.getStats()).values()) {
      if (stat.type === type && stat.kind === 'video') found.push(stat);
    }
  }
  return found;
}
"""
_SENDS_LAYERS = """
wanted => {
  const open = window.connections.filter(connection => connection.connectionState !== 'closed');
  const senders = open.flatMap(connection => connection.getSenders());
  const camera = senders.find(({track}) => track?.kind === 'video');
  return camera?.getParameters().encodings.filter(({active}) => active).length === wanted;
}
"""
_RECEIVES_LINES = """
({least, most}) => {
  const tiles = '[data-participant-id]:not([data-self]):not([data-screen])';
  const heights = [...document.querySelectorAll(`${tiles} video`)].map(({videoHeight}) => videoHeight);
  return heights.some(height => height >= least && (most === null || height <= most));
}
"""
_GOES_BY = """
protocol => {
  const open = window.connections.filter(connection => connection.connectionState !== 'closed');
  const transports = open.map(connection => {
    const users = [...connection.getSenders(), ...connection.getReceivers()];
    return users.find(({transport}) => transport !== null)?.transport.iceTransport;
  });
  const selected = transports.map(transport => transport?.getSelectedCandidatePair()?.local.protocol);
  return selected.length === 2 && selected.every(each => each === protocol);
}
"""


async def video_stats(page: Page, kind: str) -> list[dict[str, Any]]:
    """Return the statistics of a kind of all video streams."""
    return cast(list[dict[str, Any]], await page.evaluate(_VIDEO_STATS, kind))


async def sends_layers(visitor: Visitor, count: int) -> None:
    """Wait until so many layers of the camera are to be encoded."""
    await wait_in_page(visitor, _SENDS_LAYERS, count)


async def receives_lines(visitor: Visitor, least: int, most: int | None = None) -> None:
    """Wait until somebody's picture comes in that height, in pixels."""
    await wait_in_page(visitor, _RECEIVES_LINES, {"least": least, "most": most})


async def goes_by(visitor: Visitor, protocol: str) -> None:
    """Wait until both transports, to send and to receive, have chosen a protocol."""
    await wait_in_page(visitor, _GOES_BY, protocol)


async def wait_in_page(visitor: Visitor, condition: str, arg: Any, *, deadline_s: float = DEADLINE_S) -> None:
    """Wait until a JavaScript function, which is no promise's, returns something true."""
    await visitor.page.wait_for_function(condition, arg=arg, timeout=deadline_s * 1_000, polling=100)
