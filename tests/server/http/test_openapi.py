"""The description of the REST API, and whether the running application is as it says."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import aiohttp
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)

from server.http.application import API_ROUTES
from server.http.rest import PREFIX
from tests.server.http.conftest import Site, StartSite
from tests.server.http.hours import OWN, House
from tests.support.hours import Programme

EXAMPLES = 15
"""Of each operation and caller."""
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    negative_data_rejection,
]


@pytest.fixture
async def house(start_site: StartSite) -> House:
    site = await start_site()
    house = House(site, Programme(site.database))
    await house.set_up()
    return house


async def described(site: Site) -> dict[str, Any]:
    async with aiohttp.ClientSession() as client, client.get(f"{site.url}{PREFIX}/openapi.json") as response:
        assert response.status == 200
        found: dict[str, Any] = await response.json()
        return found


async def test_the_description_has_every_route(site: Site) -> None:
    found = await described(site)
    assert found["openapi"] == "3.1.0"
    operations = {(path, method) for path, methods in found["paths"].items() for method in methods}
    assert operations == {(PREFIX + route.path, route.method.lower()) for route in API_ROUTES}


async def test_what_changes_something_takes_no_token(site: Site) -> None:
    found = await described(site)
    for methods in found["paths"].values():
        for method, operation in methods.items():
            schemes = {name for choice in operation["security"] for name in choice}
            assert schemes == ({"session", "token"} if method == "get" else {"session"})


def check_operation(operation: Any, site_url: str, headers: dict[str, str], real: Mapping[str, Sequence[str]]) -> int:
    """Ask for one thing in many ways; return how many were answered as asked."""
    answered = 0
    modes = GenerationMode.POSITIVE, GenerationMode.NEGATIVE
    cases: st.SearchStrategy[Any] = st.one_of([operation.as_strategy(generation_mode=mode) for mode in modes])

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases, place=st.integers(0, 3))
    def ask(case: Any, place: int) -> None:
        nonlocal answered
        if place and case.path_parameters:  # mostly of something that there is
            case.path_parameters = {name: real[name][place % len(real[name])] for name in case.path_parameters}
        response = case.call(base_url=site_url, headers=headers)
        answered += response.status_code < 300
        case.validate_response(response, checks=CHECKS)

    ask()
    return answered


@pytest.mark.parametrize("caller", ["cora", "ana"])
async def test_whatever_is_asked_the_answer_is_as_described(house: House, caller: str) -> None:
    description = await described(house.site)
    for methods in description["paths"].values():
        for operation in methods.values():
            del operation["security"]  # who may ask is tried elsewhere; here it is always the same one
    schema = schemathesis.openapi.from_dict(description)
    real = {
        "pair_id": list(house.programme.pairs.values()),
        "entry_id": [house.entry_id(name) for name in house.entries],
        "person_id": [house.programme.person_id("ana")],
    }
    headers = house.headers(caller) | OWN
    answered = {}
    for found in schema.get_all_operations():
        each: Any = found.ok()  # type: ignore[union-attr]
        answered[each.label] = await asyncio.to_thread(check_operation, each, house.site.url, headers, real)
    if caller == "cora":
        assert {label for label, count in answered.items() if count == 0} <= UNLIKELY


UNLIKELY = {
    "GET /api/v1/hours/certificates/{person_id}.pdf",  # of days that are in order, and few enough
    "POST /api/v1/hours/entries",  # of a pair that there is, on a day that it is one
    "POST /api/v1/hours/entries/{entry_id}/steps",
}
