"""Pages that tell a person what went wrong and what to do now: self-contained, without script, light and dark."""

import secrets
from html import escape
from string import Template

from aiohttp import web

from protocol.errors import ErrorCode
from server.http.policies import notice_policy

_PAGE = Template("""<!doctype html>
<html lang="$language">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>$title · Roundup</title>
<link rel="icon" type="image/svg+xml" href="/favicon.svg">
<style nonce="$nonce">
:root { --page: #f7f1e6; --card: #fffdf8; --text: #22302b; --quiet: #53615b; --accent: #1f6b52; --on-accent: #fff; }
@media (prefers-color-scheme: dark) {
  :root { --page: #171a18; --card: #212623; --text: #eef1ec; --quiet: #b3bdb6; --accent: #8fd3b6;
    --on-accent: #10241c; }
}
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1rem; box-sizing: border-box;
  background: var(--page); color: var(--text); font: 1.0625rem/1.55 system-ui, sans-serif; }
main { max-width: 32rem; padding: 2rem; border-radius: 1rem; background: var(--card); overflow-wrap: anywhere; }
h1 { margin: 0 0 .75rem; font-size: 1.5rem; line-height: 1.25; }
p { margin: 0 0 1rem; color: var(--quiet); }
a { display: inline-block; padding: .625rem 1.125rem; border-radius: .5rem; background: var(--accent);
  color: var(--on-accent); font-weight: 600; text-decoration: none; }
a:focus-visible { outline: 3px solid var(--accent); outline-offset: 3px; }
</style>
</head>
<body>
<main>
<h1>$title</h1>
<p>$text</p>
<a href="/">$home</a>
</main>
</body>
</html>
""")

_HOME = {"en": "Go to Roundup", "es": "Ir a Roundup"}
_TEXTS: dict[str, dict[ErrorCode, tuple[str, str]]] = {
    "en": {
        ErrorCode.LINK_INVALID: (
            "This sign-in link no longer works",
            "It may have expired, been withdrawn, or been cut short on its way to you. Ask whoever sent "
            "it for a new link. If you have signed in on this device before, you may still be: try the button.",
        ),
        ErrorCode.NOT_FOUND: (
            "There is nothing at this address",
            "Check the address for a typing mistake, or start from the home page.",
        ),
        ErrorCode.INTERNAL_ERROR: (
            "Something went wrong on our side",
            "It is not your fault. Please try again in a moment; if it keeps happening, tell whoever runs your "
            "programme when it happened.",
        ),
        ErrorCode.BAD_REQUEST: (
            "That request could not be understood",
            "Start again from the home page.",
        ),
    },
    "es": {
        ErrorCode.LINK_INVALID: (
            "Este enlace de acceso ya no funciona",
            "Puede que haya caducado, que lo hayan retirado o que haya llegado incompleto. Pida un "
            "enlace nuevo a quien se lo envió. Si ya había entrado con este dispositivo, pruebe el botón.",
        ),
        ErrorCode.NOT_FOUND: (
            "No hay nada en esta dirección",
            "Compruebe que la dirección esté bien escrita o empiece desde la página principal.",
        ),
        ErrorCode.INTERNAL_ERROR: (
            "Algo ha fallado por nuestra parte",
            "No es culpa suya. Inténtelo de nuevo en un momento; si sigue ocurriendo, diga a quien lleva su programa "
            "a qué hora ocurrió.",
        ),
        ErrorCode.BAD_REQUEST: (
            "No se ha entendido la petición",
            "Empiece de nuevo desde la página principal.",
        ),
    },
}


def render_notice(code: ErrorCode, status: int, accept_language: str) -> web.Response:
    """Return the page for a failure, in the reader's language as far as we speak it."""
    language = _language_of(accept_language)
    texts = _TEXTS[language]
    title, text = texts.get(code, texts[ErrorCode.BAD_REQUEST])
    nonce = secrets.token_urlsafe(16)
    page = _PAGE.substitute(
        language=language, nonce=nonce, title=escape(title), text=escape(text), home=escape(_HOME[language])
    )
    return web.Response(
        status=status,
        text=page,
        content_type="text/html",
        headers={"Content-Security-Policy": notice_policy(nonce), "Vary": "Accept-Language"},
    )


def _language_of(accept_language: str) -> str:
    """Return the first language of the header that we speak. Browsers list them in order of preference."""
    for item in accept_language[:256].split(","):
        language = item.strip().split(";")[0].split("-")[0].lower()
        if language in _TEXTS:
            return language
    return "en"
