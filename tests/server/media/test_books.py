import pytest

from protocol.errors import ErrorCode
from protocol.room import Source
from server.errors import UserError
from server.media import books as books_module
from server.media.books import MAX_MEDIA_ENDPOINTS, MediaBooks
from server.media.capabilities import CODECS
from server.media.endpoint import MediaConsumer, MediaProducer, MediaTransport
from server.room.feature import Caller

_, VP8, _ = CODECS


def page(endpoint_id: str, participant_id: str = "ana") -> Caller:
    return Caller(
        participant_id=participant_id, person_id=participant_id, connection_id="connection", endpoint_id=endpoint_id
    )


def camera_of(books: MediaBooks, transport: MediaTransport) -> MediaProducer:
    producer = MediaProducer("pr_1", Source.CAMERA, transport, VP8, {}, is_paused=False)
    books.add_producer(producer)
    return producer


def test_a_page_without_transports_frees_its_place() -> None:
    books = MediaBooks()
    pages = [page(f"page {number}") for number in range(MAX_MEDIA_ENDPOINTS + 1)]
    transports = [books.add_transport(caller, "send", None) for caller in pages[:-1]]
    with pytest.raises(UserError) as refused:
        books.add_transport(pages[-1], "send", None)
    assert refused.value.code is ErrorCode.TOO_MANY
    books.add_transport(page("page of ben", "ben"), "send", None)
    books.remove_transport(transports[0])
    books.add_transport(pages[-1], "send", None)


def test_a_transport_takes_what_is_on_it_along_and_what_others_receive_of_it() -> None:
    books = MediaBooks()
    sending = books.add_transport(page("page of ana"), "send", None)
    receiving = books.add_transport(page("page of ben", "ben"), "recv", None)
    camera = camera_of(books, sending)
    books.add_consumer(MediaConsumer("co_1", camera, receiving))
    assert books.remove_transport(sending) == [camera]
    assert camera.is_closed
    assert (books.producers, receiving.consumers, camera.consumers) == ({}, {}, {})
    assert books.remove_transport(sending) == []


def test_a_subscriber_that_leaves_is_forgotten_by_the_producer() -> None:
    books = MediaBooks()
    camera = camera_of(books, books.add_transport(page("page of ana"), "send", None))
    receiving = books.add_transport(page("page of ben", "ben"), "recv", None)
    books.add_consumer(MediaConsumer("co_1", camera, receiving))
    assert books.remove_transport(receiving) == []
    assert camera.consumers == {}
    assert books.producers_of("ana") == [camera]


def test_what_many_pages_of_one_person_receive_together_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(books_module, "MAX_CONSUMERS_OF_PARTICIPANT", 3)
    books = MediaBooks()
    camera = camera_of(books, books.add_transport(page("page of ana"), "send", None))
    pages = [books.add_transport(page(f"page {number}", "ben"), "recv", None) for number in range(4)]
    consumers = [MediaConsumer(f"co_{number}", camera, transport) for number, transport in enumerate(pages)]
    for consumer in consumers[:-1]:
        books.add_consumer(consumer)
    with pytest.raises(UserError) as refused:
        books.add_consumer(consumers[-1])
    assert refused.value.code is ErrorCode.TOO_MANY
    assert not pages[-1].consumers
    books.add_consumer(MediaConsumer("co_c", camera, books.add_transport(page("page of cleo", "cleo"), "recv", None)))
    books.remove_consumer(consumers[0])
    books.add_consumer(consumers[-1])


def test_what_is_somebody_elses_does_not_exist() -> None:
    books = MediaBooks()
    ana, ben = page("page of ana"), page("page of ben", "ben")
    sending, receiving = books.add_transport(ana, "send", None), books.add_transport(ben, "recv", None)
    camera = camera_of(books, sending)
    consumer = MediaConsumer("co_1", camera, receiving)
    books.add_consumer(consumer)
    for look_up in (
        lambda: books.own_transport(ben, sending.transport_id),
        lambda: books.own_producer(ben, camera.producer_id),
        lambda: books.own_consumer(ana, consumer.consumer_id),
    ):
        with pytest.raises(UserError) as refused:
            look_up()
        assert refused.value.code is ErrorCode.NOT_FOUND
    assert books.own_transport(ana, sending.transport_id, "send") is sending
    assert books.own_consumer(ben, consumer.consumer_id) is consumer
