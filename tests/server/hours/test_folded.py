"""Names are found on the server as on the page: both are held to the same cases."""

from pathlib import Path

import msgspec
import pytest

import protocol
from server.hours.folded import folded


class Case(msgspec.Struct):
    """A name, and what somebody types who looks for it."""

    name: str
    found_by: list[str]
    missed_by: list[str]


class Cases(msgspec.Struct):
    cases: list[Case]


VECTORS = Path(protocol.__file__).parent / "vectors/found_names.json"


@pytest.mark.parametrize("case", msgspec.json.decode(VECTORS.read_bytes(), type=Cases).cases, ids=lambda one: one.name)
def test_a_name_is_found_as_the_page_finds_it(case: Case) -> None:
    name = folded(case.name)
    assert [typed for typed in case.found_by if folded(typed) not in name] == []
    assert [typed for typed in case.missed_by if folded(typed) in name] == []
