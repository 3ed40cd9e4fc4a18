"""What is kept about the caller, over real HTTP."""

import json
import zipfile
from io import BytesIO

import aiohttp

from server.privacy.export import MAX_PER_HOUR
from tests.server.http.conftest import ANA, Site


async def test_who_is_signed_in_takes_along_all_that_is_kept_about_them(
    site: Site, client: aiohttp.ClientSession
) -> None:
    await site.sign_in(client)
    async with client.get(f"{site.url}/api/me/export") as response:
        assert response.status == 200
        assert response.headers["Content-Type"] == "application/zip"
        assert response.headers["Content-Disposition"] == 'attachment; filename="roundup-my-data.zip"'
        assert response.headers["Cache-Control"] == "no-store"
        with zipfile.ZipFile(BytesIO(await response.read())) as file:
            [person] = json.loads(file.read("person.json"))
    assert person["email"] == ANA


async def test_nobody_else_gets_anything_and_no_program(site: Site, client: aiohttp.ClientSession) -> None:
    async with client.get(f"{site.url}/api/me/export") as response:
        assert response.status == 401
    ana = await site.people.find(ANA)
    _, secret = await site.api_tokens.create(ana.person_id, "Report", actor="test")
    async with client.get(f"{site.url}/api/me/export", headers={"Authorization": f"Bearer {secret}"}) as response:
        assert response.status == 403


async def test_who_asks_again_and_again_is_told_to_wait(site: Site, client: aiohttp.ClientSession) -> None:
    await site.sign_in(client)
    for _ in range(MAX_PER_HOUR):
        async with client.get(f"{site.url}/api/me/export") as response:
            assert response.status == 200
    async with client.get(f"{site.url}/api/me/export") as response:
        assert response.status == 429
