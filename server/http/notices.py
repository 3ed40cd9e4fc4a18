"""Pages that tell a person what went wrong and what to do now: self-contained, without script, light and dark.

They look like the web client's own messages (`client_web/src/shared`: `theme.ts`, `tokens.css`, `Page.module.css`).
"""

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
<meta name="theme-color" content="#faf5ec" media="(prefers-color-scheme: light)">
<meta name="theme-color" content="#181b19" media="(prefers-color-scheme: dark)">
<meta name="robots" content="noindex">
<title>$title · Roundup</title>
<link rel="icon" type="image/svg+xml" href="/favicon.svg">
<style nonce="$nonce">
:root { --page: #faf5ec; --text: #29241e; --quiet: #655b4e; --button: #226658; --hover: #194f44; --focus: #226658; }
@media (prefers-color-scheme: dark) {
  :root { --page: #181b19; --text: #f2ece0; --quiet: #b9b1a2; --button: #2f7d6c; --hover: #226658; --focus: #8fc5b5; }
}
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; min-height: 100dvh; display: grid; grid-template-rows: auto 1fr;
  background: var(--page); color: var(--text); font: 1rem/1.55 ui-rounded, "SF Pro Rounded", "Segoe UI Variable Text",
  "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", system-ui, sans-serif; -webkit-font-smoothing: antialiased; }
header { display: flex; align-items: center; min-height: 60px; padding: 8px clamp(12px, 3vw, 32px); }
.brand, h1 { font-family: "Iowan Old Style", "Palatino Linotype", Palatino, "Book Antiqua", "Noto Serif", Georgia,
  "DejaVu Serif", serif; font-weight: 600; }
.brand { display: inline-flex; align-items: center; gap: 10px; padding: 4px 8px 4px 4px; border-radius: 12px;
  color: var(--text); font-size: 1.25rem; text-decoration: none; }
main { display: grid; place-items: center; padding: 8px clamp(12px, 3vw, 32px) 32px; }
article { display: grid; justify-items: center; gap: 16px; max-width: 520px; padding-bottom: 10vh;
  text-align: center; overflow-wrap: anywhere; }
h1 { margin: 8px 0 0; font-size: clamp(1.75rem, 5vw, 2.5rem); line-height: 1.15; text-wrap: balance; }
p { margin: 0 0 8px; font-size: 1.125rem; line-height: 1.6; color: var(--quiet); }
.button { padding: 0 26px; border-radius: 28px; background: var(--button); color: #fffdf9; font-size: 1.125rem;
  font-weight: 600; line-height: 50px; text-decoration: none; }
.button:hover { background: var(--hover); }
:focus-visible { outline: 3px solid var(--focus); outline-offset: 2px; }
@media (max-width: 600px) { header { min-height: 52px; padding-block: 4px; } }
</style>
</head>
<body>
<header><a class="brand" href="/"><img src="/favicon.svg" width="28" height="28" alt="">Roundup</a></header>
<main>
<article>
<img src="/favicon.svg" width="72" height="72" alt="">
<h1>$title</h1>
<p>$text</p>
<a class="button" href="/">$home</a>
</article>
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
        ErrorCode.UNAVAILABLE: (
            "Roundup needs a moment",
            "Please wait a moment and try again: load this page anew. If it keeps happening, tell whoever runs your "
            "programme.",
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
        ErrorCode.UNAVAILABLE: (
            "Roundup necesita un momento",
            "Espere un momento e inténtelo de nuevo: vuelva a cargar esta página. Si sigue ocurriendo, avise a quien "
            "lleva su programa.",
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
    title, text = texts.get(code) or texts[ErrorCode.INTERNAL_ERROR if status >= 500 else ErrorCode.BAD_REQUEST]
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
