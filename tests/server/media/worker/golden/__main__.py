"""`python -m tests.server.media.worker.golden vp8|h264`: record anew what Chromium sends of a camera in three layers.

One page sends over a line that is bad in the end; another one looks, and changes the size of the picture. That takes
half a minute, and needs the built web client.
"""

import argparse
import asyncio
import socket
import sys
import tempfile
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from unittest.mock import patch

from playwright.async_api import Browser, Page

from loadtest.lines.detour import detour_script
from loadtest.lines.line import Impairment
from loadtest.lines.proxy import running_line
from protocol.rtp import MediaKind
from server.media import messages as m
from server.media import worker_process
from server.media.worker import rtcp, rtp
from tests.browser.visitor import Visitor
from tests.server.media.endpoint import free_udp_port
from tests.server.media.worker.golden.tap import read
from tests.server.media.worker.golden.trace import Arrival, Trace, arrival, save
from tests.support.chromium import chromium
from tests.support.server import RunningServer, running_server

SENDER, VIEWER = "teacher@demo.example", "teacher2@demo.example"
CLEAN = Impairment(delay_s=0.02)
BAD = Impairment(loss=0.03, burst_packets=2.0, delay_s=0.03, jitter_s=0.015, reorder=0.02)
LARGE, SMALL = {"width": 1280, "height": 800}, {"width": 400, "height": 600}
SCENE = (
    *((CLEAN, LARGE, 3.0), (CLEAN, SMALL, 5.0), (CLEAN, LARGE, 1.5), (CLEAN, SMALL, 1.5), (CLEAN, LARGE, 1.5)),
    *((BAD, SMALL, 1.5), (BAD, LARGE, 1.5), (BAD, SMALL, 1.5), (BAD, LARGE, 1.5)),
)
"""The sender's line, the viewer's window, and for how many seconds. Small for 3 s pauses the largest layer."""
ONLY = """
(() => {
  const Native = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Native {
    addTransceiver(track, ...rest) {
      const transceiver = super.addTransceiver(track, ...rest);
      const kind = typeof track === "string" ? track : track.kind;
      if (kind === "video") {
        const { codecs } = RTCRtpReceiver.getCapabilities("video");
        transceiver.setCodecPreferences(codecs.filter(({ mimeType }) => /MIME|rtx/i.test(mimeType)));
      }
      return transceiver;
    }
  };
})();
"""


async def record(codec: m.CodecName) -> Trace:
    """Play the scene and return what was sent."""
    produced: list[m.ProducerStream] = []
    call = worker_process.WorkerProcess.call

    async def noting_call(worker: worker_process.WorkerProcess, command: m.AnyCommand) -> m.Answer:
        if isinstance(command, m.Produce) and command.stream.kind is MediaKind.VIDEO:
            produced.append(command.stream)
        return await call(worker, command)

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)

        async def spawn_tapped(
            control: socket.socket, piping: socket.socket, port: int, _logs: worker_process.LogOptions
        ) -> asyncio.subprocess.Process:
            tapped = [sys.executable, "-m", "tests.server.media.worker.golden.tap", str(folder / "tap")]
            tapped += ["--fd", str(control.fileno()), "--pipe-fd", str(piping.fileno()), "--port", str(port)]
            return await asyncio.create_subprocess_exec(*tapped, pass_fds=(control.fileno(), piping.fileno()))

        with (
            patch.object(worker_process.WorkerProcess, "call", noting_call),
            patch.object(worker_process, "_spawn", spawn_tapped),
        ):
            browser = await _play(codec, folder)
        (stream,) = produced
        return Trace(browser, stream, list(_arrivals(stream, folder / "tap")))


async def _play(codec: str, folder: Path) -> str:
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(
            running_server(folder, is_demo=True, media_port=free_udp_port(), web_dir=Path("client_web/dist"))
        )
        line = await stack.enter_async_context(running_line(("127.0.0.1", server.config.media_port), CLEAN, CLEAN))
        browser = await stack.enter_async_context(chromium(camera_frames_per_s=20))
        script = detour_script(line.address) + ONLY.replace("MIME", f"video.{codec}")
        sender = await _enter(browser, server, SENDER, ["camera", "microphone"], script)
        viewer = await _enter(browser, server, VIEWER, [], "")
        for up, window, seconds in SCENE:
            line.change(up, CLEAN)
            await viewer.set_viewport_size(window)  # type: ignore[arg-type] # its own type has no name
            await asyncio.sleep(seconds)
        await sender.close()
        return f"Chromium {browser.version}"


async def _enter(browser: Browser, server: RunningServer, email: str, devices: list[str], script: str) -> Page:
    context = await browser.new_context(locale="en-GB", viewport=LARGE)  # type: ignore[arg-type]
    await context.add_init_script(script)
    await context.grant_permissions(devices, origin=server.url)
    visitor = Visitor(await context.new_page())
    await visitor.open(await server.link(email, room="morning-round-up"))
    await visitor.join()
    return visitor.page


def _arrivals(stream: m.ProducerStream, tap: Path) -> Iterator[Arrival]:
    began_us, ssrcs = None, set[int]()
    for at_us, data in read(tap):
        if rtp.is_rtcp(data[1]):
            is_ours = any(isinstance(each, rtcp.SenderReport) and each.ssrc in ssrcs for each in rtcp.parse(data))
        else:
            header = rtp.parse_header(data, len(data))
            is_ours = header is not None and header.payload_type in (stream.payload_type, stream.rtx_payload_type)
            if is_ours and header is not None and header.payload_type == stream.payload_type:
                ssrcs.add(header.ssrc)
        if is_ours:
            began_us = at_us if began_us is None else began_us
            yield arrival(at_us - began_us, data)


def main() -> None:
    """Record, and say what it was."""
    parser = argparse.ArgumentParser(prog="python -m tests.server.media.worker.golden", description=__doc__)
    parser.add_argument("codec", choices=("vp8", "h264"))
    trace = asyncio.run(record(parser.parse_args().codec))
    path = save(trace)
    seconds = trace.arrivals[-1].at_us / 1e6
    sys.stdout.write(f"{path}: {trace.browser}, {len(trace.arrivals)} packets in {seconds:.1f} s\n")


if __name__ == "__main__":
    main()
