from loadtest.bots.delivery import MAX_INDEX, Delivery


def test_missing_packets_of_a_window_are_counted() -> None:
    delivery = Delivery()
    for index in (*range(10), 11, 13, 5_000):
        assert delivery.note(index)
    assert delivery.count_missing(0, 10) == 0
    assert delivery.count_missing(5, 15) == 3
    assert delivery.count_missing(4_999, 5_002) == 2


def test_packets_beyond_everything_received_are_missing() -> None:
    assert Delivery().count_missing(0, 100_000) == 100_000


def test_a_repeated_packet_is_not_new() -> None:
    delivery = Delivery()
    assert delivery.note(3)
    assert not delivery.note(3)
    assert delivery.count_missing(3, 4) == 0


def test_an_absurd_stamp_takes_no_memory() -> None:
    delivery = Delivery()
    assert not delivery.note(MAX_INDEX)
    assert not delivery.note((1 << 32) - 1)
    assert delivery.strays == 2


def test_a_run_is_noted_as_its_packets_would_be() -> None:
    delivery = Delivery()
    delivery.note_run(10, 5_000)
    assert delivery.count_missing(10, 5_010) == 0
    assert delivery.count_missing(0, 5_020) == 20
    assert not delivery.note(10)
    delivery.note_run(MAX_INDEX - 1, 10)
    delivery.note_run(-3, 2)
    assert delivery.count_missing(MAX_INDEX - 2, MAX_INDEX) == 1
    assert delivery.count_missing(0, 10) == 10
