"""The media of one meeting: what is open, on which workers, and what of it the meeting is told.

Commands reach a worker in the order in which they are given, so the books are changed at once, and what turns out to be
closed meanwhile was closed there, too.
"""

from protocol.errors import ErrorCode
from server.errors import UserError
from server.media import messages as m
from server.media.books import MediaBooks, not_found
from server.media.endpoint import MediaConsumer, MediaProducer, MediaTransport
from server.media.notices import MediaNotices
from server.media.qualities import QualityNotices
from server.media.rpc import NotFoundError, RpcError
from server.media.slots import SpeakerNotices
from server.media.span import Span
from server.media.supervisor import Supervisor
from server.media.worker_process import RouterOwner, unavailable
from server.room.feature import Meeting


class MeetingMedia:
    """Closes things in the books and on their workers together; parents take with them what is on them."""

    def __init__(self, meeting: Meeting, supervisor: Supervisor, owner: RouterOwner) -> None:
        """`owner` is told what happens on the workers."""
        self.meeting = meeting
        self.books = MediaBooks()
        self.span = Span(supervisor, owner)
        self.notices = MediaNotices(meeting, self.books)
        self.qualities = QualityNotices(meeting, self.books)
        self.speakers = SpeakerNotices(meeting, self.books, self.span)

    async def do(self, transport: MediaTransport, command: m.AnyCommand) -> m.Answer:
        """Have a transport's worker do something. Raises `UserError` when it cannot."""
        worker = self.span.worker_of(transport)
        if worker is None:
            raise unavailable()
        try:
            return await worker.call(command)
        except NotFoundError:  # the worker has closed it by itself; we are about to be told
            raise not_found("stream") from None
        except RpcError as error:
            raise UserError(ErrorCode.BAD_REQUEST, f"The media server refused: {error}.") from None

    def post(self, transport: MediaTransport, command: m.AnyCommand) -> None:
        """Have a transport's worker, if it is still there, do something that needs no answer."""
        if (worker := self.span.worker_of(transport)) is not None:
            worker.post(command)

    def close_transport(self, transport: MediaTransport) -> None:
        """Close a transport. Idempotent."""
        self.post(transport, m.CloseTransport(transport_id=transport.transport_id))
        self.forget_transport(transport)

    def forget_transport(self, transport: MediaTransport) -> None:
        """Strike off a transport that its worker has closed, or that was lost with it. Idempotent."""
        if transport.is_closed:
            return
        for consumer in transport.consumers.values():
            self.span.release(consumer)
        producers = self.books.remove_transport(transport)
        for producer in producers:
            self.span.remove_producer(producer)
        self.span.remove(transport)
        if producers:
            self.notices.tell_producers(transport.endpoint.participant_id)
        self.notices.tell_connected(transport.endpoint.participant_id)
        self.qualities.tell(transport.endpoint.participant_id)

    def close_producer(self, producer: MediaProducer) -> None:
        """Close a producer, without telling the room. Idempotent."""
        transport = producer.transport
        self.books.remove_producer(producer)
        self.span.remove_producer(producer)
        self.post(transport, m.CloseProducer(transport_id=transport.transport_id, producer_id=producer.producer_id))

    def close_consumer(self, consumer: MediaConsumer) -> None:
        """Close a consumer. Idempotent."""
        self.books.remove_consumer(consumer)
        self.span.release(consumer)
        transport = consumer.transport
        self.post(transport, m.CloseConsumer(transport_id=transport.transport_id, consumer_id=consumer.consumer_id))
