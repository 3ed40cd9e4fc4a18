from protocol.__main__ import GENERATED
from protocol.requests import REQUESTS
from protocol.typescript import render


def test_generated_typescript_is_current() -> None:
    assert GENERATED.read_text(encoding="utf-8") == render(), "stale: run `make protocol`"


def test_every_request_has_a_typescript_row() -> None:
    text = render()
    for name, row in REQUESTS.items():
        assert f"  {name}: {{ fields: {row.fields.__name__}; reply: {row.reply.__name__} }};" in text
