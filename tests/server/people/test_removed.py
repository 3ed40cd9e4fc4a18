"""Who is removed while they are in a room."""

from pathlib import Path

import pytest
from socketio.exceptions import ConnectionError as RefusedError

from protocol.roles import ProgrammeRole
from tests.support.command import roundup_process
from tests.support.gateway import running_gateway

ANA, BEN = "ana@school.example", "ben@school.example"


async def test_a_page_of_who_is_removed_is_closed_and_what_they_wrote_stays(tmp_path: Path) -> None:
    async with running_gateway(tmp_path, recheck_every_s=0.05, reconnect_grace_s=0.05) as gateway:
        ben, ana = await gateway.enter(BEN), await gateway.enter(ANA)
        await ana.request("chat_send", text="Good morning")
        removed = await roundup_process("people", "remove", ANA, "--data-dir", tmp_path)
        assert removed.code == 0
        closing = await ana.next_event("connection_closing")
        assert closing.code == "not_signed_in"
        await ben.next_event("participant_left")
        with pytest.raises(RefusedError):
            await ana.come_back()
        again = await gateway.enter(BEN)
        assert again.snapshot is not None
        assert [(one.name, one.text) for one in again.snapshot.chat.messages] == [("Ana", "Good morning")]
        assert [one.name for one in again.snapshot.participants] == ["Ben"]
    rows = await gateway.sql(
        "SELECT left_at FROM connection JOIN person USING (person_id) WHERE email = 'ana@school.example'"
    )
    assert [row["left_at"] is not None for row in rows] == [True], "when they were there is on record"


async def test_who_comes_back_is_the_one_who_wrote(tmp_path: Path) -> None:
    async with running_gateway(tmp_path) as gateway:
        ana = await gateway.enter(ANA)
        await ana.request("chat_send", text="Good morning")
        await ana.close()
        await gateway.people.remove(ANA)
        await gateway.people.add_person(ANA, "Ana Lima", ProgrammeRole.TEACHER)
        back = await gateway.enter(ANA)
        assert back.joined is not None
        assert back.snapshot is not None
        [message] = back.snapshot.chat.messages
        [you] = back.snapshot.participants
        assert message.person_id == you.person_id
