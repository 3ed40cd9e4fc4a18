"""What people and pages are told when something fails."""

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import aiohttp
import pytest
from structlog.testing import capture_logs

import server.http.notices
from server.store.sqlite.backend import FILE_NAME
from tests.server.http.conftest import ANA, Site, StartSite

THEME = Path(__file__).parents[3] / "client_web" / "src" / "shared" / "theme.ts"


async def test_a_database_that_is_locked_is_a_failure_that_passes(
    start_site: StartSite, client: aiohttp.ClientSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.store.sqlite.backend._WRITER_PRAGMAS", ("busy_timeout=1",))
    site = await start_site()
    token = await site.people.create_link(ANA)
    own = {"Sec-Fetch-Site": "same-origin", "Cookie": f"roundup_session={'a' * 43}"}
    with closing(sqlite3.connect(tmp_path / "data" / FILE_NAME)) as holder, capture_logs() as logs:
        holder.execute("BEGIN IMMEDIATE")
        async with client.delete(f"{site.url}/api/session", headers=own) as response:
            assert response.status == 503
            error = (await response.json())["error"]
        for language, words in (("en", "Please wait a moment"), ("es-MX,en;q=0.5", "Espere un momento")):
            headers = {"Accept-Language": language}
            async with client.get(f"{site.url}/s/{token}", headers=headers, allow_redirects=False) as response:
                assert response.status == 503
                assert words in await response.text()
    assert error["code"] == "unavailable"
    assert str(tmp_path) not in error["text"], "where things lie is nothing for who asks"
    reasons = [line["reason"] for line in logs if line["event"] == "store_failed"]
    assert [("another program has locked it" in reason) for reason in reasons] == [True, True, True]
    await site.sign_in(client)


async def test_a_notice_carries_everything_that_it_shows(site: Site, client: aiohttp.ClientSession) -> None:
    async with client.get(f"{site.url}/nothing") as response:
        page = await response.text()
        policy = response.headers["Content-Security-Policy"]
    [nonce] = re.findall(r'<style nonce="([\w-]{20,})">', page)
    assert f"style-src 'nonce-{nonce}'" in policy
    assert "script" not in page
    assert 'style="' not in page, "the policy allows no style attributes"
    assert set(re.findall(r'(?:src|href)="([^"]*)"', page)) == {"/", "/favicon.svg"}
    assert "url(" not in page
    async with client.get(f"{site.url}/favicon.svg") as response:
        assert response.status == 200


def test_notices_have_the_colours_and_the_letters_of_the_client() -> None:
    page, theme = (Path(path).read_text("utf-8") for path in (server.http.notices.__file__, THEME))
    style = page[page.index("<style") : page.index("</style>")]
    colours = set(re.findall(r"#[0-9a-f]{6}", style))
    assert len(colours) > 8
    assert colours <= set(re.findall(r"#[0-9a-f]{6}", theme))
    for name in ("SANS", "SERIF"):
        [family] = re.findall(rf"const {name} =\s+'(.+)';", theme)
        assert family in " ".join(style.split())
