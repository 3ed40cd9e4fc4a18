"""A network that lets no datagram through: pages reach the media worker over TCP alone."""

from typing import Any, cast

import pytest

from tests.browser.conftest import Visit
from tests.browser.statistics import KEEP_CONNECTIONS, goes_by
from tests.browser.visitor import Visitor
from tests.support.server import RunningServer

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

MAYA = "teacher@demo.example"
OMAR = "teacher2@demo.example"

WITHOUT_UDP = """
window.RTCPeerConnection = class extends RTCPeerConnection {
  setRemoteDescription({type, sdp}) {
    const lines = sdp.split('\\r\\n').filter(line => !/^a=candidate:\\S+ \\d+ udp /.test(line));
    return super.setRemoteDescription({type, sdp: lines.join('\\r\\n')});
  }
};
"""
"""The page never hears of the server's UDP candidates."""
SELECTED = """
async () => {
  const found = [];
  for (const connection of window.connections) {
    const stats = await connection.getStats();
    for (const {type, selectedCandidatePairId} of stats.values()) {
      if (type !== 'transport' || !selectedCandidatePairId) continue;
      const pair = stats.get(selectedCandidatePairId);
      found.push({protocol: stats.get(pair.localCandidateId).protocol, sent: pair.bytesSent});
    }
  }
  return found;
}
"""
"""Protocol and bytes sent of each transport's selected pair."""


async def selected(visitor: Visitor) -> list[dict[str, Any]]:
    return cast(list[dict[str, Any]], await visitor.page.evaluate(SELECTED))


async def protocols(visitor: Visitor) -> list[str]:
    return [pair["protocol"] for pair in await selected(visitor)]


async def test_two_pages_see_and_hear_each_other_by_tcp_alone(visit: Visit, server: RunningServer) -> None:
    maya, omar = [await visit(email, init_script=KEEP_CONNECTIONS + WITHOUT_UDP) for email in (MAYA, OMAR)]
    for visitor in (maya, omar):
        await visitor.join()
    for visitor, other in ((maya, OMAR), (omar, MAYA)):
        await visitor.sees(await server.name_of(other))
        await visitor.hears_somebody()
        assert await protocols(visitor) == ["tcp", "tcp"]  # to send and to receive
        assert all(pair["sent"] > 0 for pair in await selected(visitor))


async def test_who_has_udp_takes_it_and_meets_who_has_not(visit: Visit, server: RunningServer) -> None:
    maya, omar = await visit(MAYA, init_script=WITHOUT_UDP), await visit(OMAR, init_script=KEEP_CONNECTIONS)
    for visitor in (maya, omar):
        await visitor.join()
    await maya.sees(await server.name_of(OMAR))
    await omar.sees(await server.name_of(MAYA))
    await maya.hears_somebody()
    await omar.hears_somebody()
    await goes_by(omar, "udp")  # once it has tried both
