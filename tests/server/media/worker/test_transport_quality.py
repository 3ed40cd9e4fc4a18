"""How good a transport's line is, from real RTP and RTCP."""

from protocol.room import Quality
from server.media import messages as m
from server.media.worker import rtcp
from server.media.worker.consumer import SENDER_REPORT_TICKS
from server.media.worker.line import WINDOW_TICKS
from server.media.worker.quality import BETTER_AFTER_S
from tests.server.media.endpoint import Endpoint
from tests.server.media.worker.rig import AUDIO, SUBSCRIBED_AUDIO, Rig, rtp_packet

PACKETS_PER_S = 50
LONG_S = int(WINDOW_TICKS + BETTER_AFTER_S) + 2


async def sound(rig: Rig) -> tuple[Endpoint, Endpoint]:
    """Connect somebody who speaks and somebody who listens."""
    publisher, subscriber = await rig.connect("pub"), await rig.connect("sub")
    rig.produce(AUDIO, producer_id="audio")
    rig.consume(SUBSCRIBED_AUDIO, producer_id="audio")
    return publisher, subscriber


async def speak(rig: Rig, publisher: Endpoint, second: int, *, lose_one_in: int = 0) -> None:
    """Send a second of sound in equal steps of the worker's time."""
    for number in range(PACKETS_PER_S):
        sequence = second * PACKETS_PER_S + number
        rig.time.advance(1 / PACKETS_PER_S)
        if not lose_one_in or sequence % lose_one_in:
            timestamp = sequence * 48_000 // PACKETS_PER_S
            publisher.send_rtp(rtp_packet(sequence, b"sound", payload_type=111, ssrc=2_222, timestamp=timestamp))
    await give_consent(rig, "pub", publisher)


async def give_consent(rig: Rig, transport_id: str, endpoint: Endpoint) -> None:
    """Renew consent; when that is answered, everything sent before has been handled."""
    credentials = rig.worker.transports[transport_id].agent.credentials
    await endpoint.check(credentials.username_fragment, credentials.password)


def told(rig: Rig) -> list[tuple[str, Quality]]:
    return [(event.transport_id, event.quality) for event in rig.events if isinstance(event, m.TransportQuality)]


async def test_a_publisher_whose_packets_get_lost_is_marked_until_they_come_again(rig: Rig) -> None:
    publisher, subscriber = await sound(rig)
    for second in range(LONG_S):
        await speak(rig, publisher, second, lose_one_in=5)
        await give_consent(rig, "sub", subscriber)
        rig.tick()
    assert told(rig)[-1] == ("pub", Quality.POOR)
    assert {transport_id for transport_id, _ in told(rig)} == {"pub"}
    for second in range(LONG_S, 3 * LONG_S):
        await speak(rig, publisher, second)
        await give_consent(rig, "sub", subscriber)
        rig.tick()
    assert told(rig)[-1] == ("pub", Quality.GOOD)


async def test_a_subscriber_who_reports_losses_is_marked(rig: Rig) -> None:
    publisher, subscriber = await sound(rig)
    highest = lost = 0
    for second in range(LONG_S):
        await speak(rig, publisher, second)
        highest, lost = highest + PACKETS_PER_S, lost + 10
        block = rtcp.ReportBlock(SUBSCRIBED_AUDIO.ssrc, 51, lost, highest, 0, 0, 0)
        subscriber.send_rtcp(rtcp.receiver_report(7, [block]))
        await give_consent(rig, "sub", subscriber)
        rig.tick()
    assert told(rig)[-1] == ("sub", Quality.POOR)
    assert {transport_id for transport_id, _ in told(rig)} == {"sub"}
    assert rig.worker.plumbing.counters.lost_out == 10 * (LONG_S - 1), "the first report says where they begin"


async def test_a_subscriber_far_away_is_marked(rig: Rig) -> None:
    publisher, subscriber = await sound(rig)
    for second in range(LONG_S):
        await speak(rig, publisher, second)
        publisher.send_rtcp(rtcp.sender_report(rtcp.SenderReport(2_222, second << 32, 0, 0, 0), "publisher"))
        await rig.drained()
        for _ in range(SENDER_REPORT_TICKS):
            rig.tick()
        report = await next_sender_report(subscriber)
        rig.time.advance(0.4)
        block = rtcp.ReportBlock(SUBSCRIBED_AUDIO.ssrc, 0, 0, second, 0, report.ntp >> 16 & 0xFFFFFFFF, 6_554)
        subscriber.send_rtcp(rtcp.receiver_report(7, [block]))
        await give_consent(rig, "sub", subscriber)
    assert told(rig) == [("sub", Quality.FAIR)], "400 ms, of which the subscriber took 100"


async def test_what_a_page_says_of_streams_that_it_does_not_get_is_ignored(rig: Rig) -> None:
    publisher, subscriber = await sound(rig)
    for second in range(LONG_S):
        await speak(rig, publisher, second)
        block = rtcp.ReportBlock(4_711, 255, 40 * second, 50 * second, 9_999_999, 0, 0)
        subscriber.send_rtcp(rtcp.receiver_report(7, [block]))
        await give_consent(rig, "sub", subscriber)
        rig.tick()
    assert told(rig) == []


async def next_sender_report(endpoint: Endpoint) -> rtcp.SenderReport:
    while True:
        for message in rtcp.parse(await endpoint.next_rtcp()):
            if isinstance(message, rtcp.SenderReport):
                return message


async def test_nothing_is_kept_of_streams_that_are_gone(rig: Rig) -> None:
    _, subscriber = await sound(rig)
    block = rtcp.ReportBlock(SUBSCRIBED_AUDIO.ssrc, 0, 0, 1, 0, 0, 0)
    subscriber.send_rtcp(rtcp.receiver_report(7, [block]))
    await give_consent(rig, "sub", subscriber)
    line = rig.worker.transports["sub"].line
    assert line._reported
    rig.worker.do(m.CloseConsumer(transport_id="sub", consumer_id="consumer"))
    assert not line._reported
