"""`python -m protocol`: write the TypeScript twin of the wire."""

from pathlib import Path

from protocol.typescript import render

GENERATED = Path(__file__).parent.parent / "client_web" / "src" / "protocol" / "generated.ts"

if __name__ == "__main__":
    GENERATED.parent.mkdir(parents=True, exist_ok=True)
    GENERATED.write_text(render(), encoding="utf-8")
