"""What a running server says of itself at `/metrics` (Prometheus text format)."""

from collections.abc import Iterable, Mapping

import aiohttp

_TIMEOUT = aiohttp.ClientTimeout(total=10)


async def read_metrics(url: str) -> Mapping[str, float]:
    """Return every sample of the server at `url`, summed over its labels; raises `aiohttp.ClientError`."""
    async with (
        aiohttp.ClientSession(timeout=_TIMEOUT, raise_for_status=True) as http,
        http.get(f"{url}/metrics", headers={"Accept": "text/plain"}) as answer,
    ):
        return parse_metrics((await answer.text()).splitlines())


def parse_metrics(lines: Iterable[str]) -> dict[str, float]:
    """Sum the samples of each name over their labels. Label values must not contain `}`, as ours do not."""
    totals: dict[str, float] = {}
    for line in lines:
        if line and not line.startswith("#"):
            name, _, rest = line.partition("{") if "{" in line else line.partition(" ")
            value = rest.rpartition("}")[2].split()[0]
            totals[name] = totals.get(name, 0.0) + float(value)
    return totals
