"""How long what is kept, as JSON."""

import pytest

from server.errors import UserError
from server.privacy.retention import Retention, read_retention, write_retention


def test_what_is_written_is_read() -> None:
    assert read_retention(None) == Retention()
    changed = Retention(presence_days=90, audit_days=730)
    assert read_retention(write_retention(changed)) == changed


@pytest.mark.parametrize(
    "text", ['{"presence_days":29}', '{"audit_days":364}', '{"sign_in_days":0}', '{"hours_days":1}', "[]", "{"]
)
def test_what_cannot_be_is_refused_in_one_sentence(text: str) -> None:
    with pytest.raises(UserError) as refused:
        read_retention(text)
    assert refused.value.text.startswith("This is no retention: ")
