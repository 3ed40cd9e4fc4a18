"""The import rules of ARCHITECTURE.md: which part may know which, and which third party is fenced where."""

import ast
from pathlib import Path

ROOT = Path(__file__).parent.parent
LEAVES = {
    *("protocol", "server.errors", "server.clock", "server.config", "server.edition", "server.ids", "server.logs"),
    "server.visible",
}
FEATURE = LEAVES | {"server.room.feature", "server.store"}
AGREEMENTS = {"server.hours.rules", "server.hours.policy", "server.hours.log", "server.privacy.retention"}
"""What the store keeps as JSON, or chained, and gives out as what it means."""
MAY_IMPORT: dict[str, set[str]] = {
    "protocol": set(),
    "server.errors": {"protocol"},
    "server.clock": set(),
    "server.config": set(),
    "server.edition": set(),
    "server.ids": set(),
    "server.visible": set(),
    "server.logs": {"server.errors", "server.tracebacks"},
    "server.tracebacks": set(),
    "server.spreadsheet": set(),
    "server.metrics": LEAVES,
    "server.store": LEAVES | AGREEMENTS,
    "server.people": LEAVES | {"server.store"},
    "server.room": LEAVES,
    "server.chat": FEATURE,
    "server.printing": LEAVES,
    "server.reports": LEAVES | {"server.printing", "server.spreadsheet"},
    "server.documents": FEATURE | {"server.documents.notes", "server.printing"},
    "server.documents.pictures": FEATURE | {"server.documents.pictures.decoder"},
    "server.documents.pictures.decoder": set(),
    "server.hours": FEATURE | AGREEMENTS | {"server.reports"},
    "server.hours.log": {"protocol"},
    "server.hours.rules": LEAVES | {"server.hours.described"},
    "server.hours.policy": LEAVES | {"server.hours.described"},
    "server.hours.described": LEAVES,
    "server.privacy": LEAVES | AGREEMENTS | {"server.store"},
    "server.privacy.retention": LEAVES | {"server.hours.described"},
    "server.record": LEAVES | {"server.store"},
    "server.rehearsal": LEAVES | {"server.hours", "server.store"},
    "server.documents.notes": LEAVES | {"server.printing"},
    "server.outbox": LEAVES | {"server.store", "server.tracebacks"},
    "server.turn": LEAVES,
    "server.media": (FEATURE - {"server.store"}) | {"server.turn", "server.media.rpc", "server.media.messages"},
    "server.media.rpc": {"protocol"},
    "server.media.messages": {"protocol"},
    "server.media.worker": {"protocol", "server.media.rpc", "server.media.messages", "server.tracebacks"},
    "server.gateway": LEAVES | {"server.room"},
    "server.http": LEAVES | {"server.people"},
    "server.cli": LEAVES
    | {"server.app", "server.hours", "server.people", "server.rehearsal", "server.spreadsheet", "server.store"}
    | {"server.privacy", "server.turn"},
    "server.__main__": {"server.cli"},
    "server.app": {"server", "protocol"},
    "loadtest": {"protocol"},
}
FENCES: dict[str, set[str]] = {
    "socketio": {"server.gateway", "loadtest"},
    "engineio": {"server.gateway", "loadtest"},
    "aiortc": {"server.media.worker", "loadtest"},
    "aioice": {"server.media.worker", "loadtest"},
    "pylibsrtp": {"server.media.worker", "loadtest"},
    "OpenSSL": {"server.media.worker", "loadtest"},
    "aiohttp": {"server.gateway", "server.http", "server.app", "server.outbox", "loadtest"},
    "aiohttp.web": {"server.gateway", "server.http", "server.app"},
    "aiosmtplib": {"server.outbox"},
    "pycrdt": {"server.documents", "loadtest"},
    "sqlalchemy": {"server.store"},
    "alembic": {"server.store"},
    "PIL": {"server.documents.pictures.decoder"},
    "fpdf": {"server.printing"},
    "xlsxwriter": {"server.reports"},
    "icalendar": {"server.reports"},
    "sqlite3": {"server.store.sqlite"},
    "aiosqlite": {"server.store.sqlite"},
    "asyncpg": {"server.store.postgresql"},
    "redis": {"server.cluster"},
}


def is_within(module: str, place: str) -> bool:
    return module == place or module.startswith(f"{place}.")


def owner(module: str) -> str:
    return max((place for place in MAY_IMPORT if is_within(module, place)), key=len, default="")


def imports_of(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            found |= {str(node.module)} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def breaches(module: str, imported: set[str]) -> list[str]:
    place = owner(module)
    found = [] if place or module == "server" else [f"{module}: has no import rule"]
    for name in sorted(imported):
        is_ours = name.split(".")[0] in ("protocol", "server", "loadtest", "tests")
        if is_ours and not (owner(name) == place or any(is_within(name, may) for may in MAY_IMPORT.get(place, set()))):
            found.append(f"{module} imports {name}")
        for fenced, inside in FENCES.items():
            if is_within(name, fenced) and not any(is_within(module, fence) for fence in inside):
                found.append(f"{module} imports {name}, which is fenced to {', '.join(sorted(inside))}")
    return found


def test_import_rules_hold() -> None:
    found: list[str] = []
    for top in ("protocol", "server", "loadtest"):
        for path in sorted((ROOT / top).rglob("*.py")):
            module = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
            ours_only = {name for name in imports_of(path) if name not in ("server", "protocol", "loadtest")}
            found += breaches(module, ours_only)
    assert found == []


def test_a_breach_is_seen() -> None:
    assert breaches("server.room.meeting", {"server.chat.feature"}) == [
        "server.room.meeting imports server.chat.feature"
    ]
    assert breaches("loadtest.bots.bot", {"server.config"}) == ["loadtest.bots.bot imports server.config"]
    assert breaches("server.people.service", {"sqlalchemy"})
    assert breaches("server.store.people", {"asyncpg"})
    assert breaches("server.store.postgresql.claim", {"asyncpg"}) == []
    assert breaches("server.media.worker.dtls", {"aiortc", "server.media.rpc"}) == []
    assert breaches("server.media.service", {"aiortc"})
    assert breaches("server.outbox.xapi", {"aiohttp"}) == []
    assert breaches("server.outbox.xapi", {"aiohttp.web"})
    assert breaches("server.people.service", {"aiosmtplib"})
    assert breaches("server.documents.live", {"aiohttp"})


def test_the_web_of_rules_names_real_places() -> None:
    missing = [
        place
        for place in MAY_IMPORT
        if not (path := ROOT.joinpath(*place.split("."))).is_dir() and not path.with_suffix(".py").is_file()
    ]
    assert missing == []
