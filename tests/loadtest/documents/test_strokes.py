import json
from random import Random

from loadtest.bots.delay import Samples
from loadtest.documents.copy import BoardCopy
from loadtest.documents.stamps import StampFinder, write_stamp
from loadtest.documents.strokes import UPDATES_PER_STROKE, Pen

UPDATES = 2 * UPDATES_PER_STROKE


def test_updates_together_are_the_strokes_with_every_stamp_in_order() -> None:
    pen, board = Pen("ab", Random(1)), BoardCopy()
    for number in range(UPDATES):
        board.begin(0, pen.draw(number))
    contents = board.contents()
    assert contents["elements"].keys() == contents["points"].keys()
    assert len(contents["elements"]) == 2
    stamps = [entry for points in contents["points"].values() for entry in points if isinstance(entry, str)]
    assert sorted(stamps) == [write_stamp("ab", number) for number in range(UPDATES)]
    for element_id, element in contents["elements"].items():
        xs = [entry for entry in contents["points"][element_id] if not isinstance(entry, str)][::2]
        assert json.loads(element)["width"] == max(xs)


def test_each_update_shows_its_stamp_as_it_is() -> None:
    pen, finder = Pen("ab", Random(1)), StampFinder()
    for number in range(UPDATES):
        finder.find(pen.draw(number), Samples())
    assert finder.found == UPDATES


def test_only_what_is_new_is_in_an_update() -> None:
    pen = Pen("ab", Random(1))
    sizes = [len(pen.draw(number)) for number in range(UPDATES_PER_STROKE)]
    assert max(sizes) < 500
    assert sizes[-1] < 100
