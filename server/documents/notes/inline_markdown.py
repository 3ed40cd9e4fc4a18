"""Lines of text as CommonMark, with strikethrough as in GFM.

Emphasis begins and ends where its neighbours allow it (CommonMark 0.31, section 6.2, "flanking"): white space at its
edges is moved out of it, and a neighbour that is in the way is written as a character reference: that is punctuation.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto
from itertools import groupby

from server.documents.notes.tree import PLAIN, HardBreak, Inline, Marks, Text, text_of

_ALWAYS = r"[\\`*\[\]<~|$]|(?<![^\W_]{2})_|_(?![^\W_]{2})"
"""What is markup of CommonMark, of GFM's tables, and of formulas; but `_` within a word is a letter."""
_MARKUP = re.compile(
    rf"{_ALWAYS}|&(?=#?\w+;)|(?:(?<=www)\.|:(?=//))(?=\S*?(?:{_ALWAYS}))",
    re.IGNORECASE,
)
"""What is markup anywhere. An address that GFM makes a link of may be one, unless something is escaped in it."""
_IN_ADDRESSES = re.compile(r"&(?=#?\w+;)")


def escaped(text: str) -> str:
    """Return text that no reader of Markdown takes for markup, HTML or a link, but for the start of a line."""
    return "".join(_pieces(text))


def inline_lines(content: Sequence[Inline]) -> list[str]:
    """Return the lines of a paragraph; what starts a block at the start of a line is left to the caller."""
    lines: list[list[Text]] = [[]]
    for inline in content:
        if isinstance(inline, HardBreak):
            lines.append([])
        else:
            marks = replace(inline.marks, is_underline=False) if isinstance(inline, Text) else PLAIN
            lines[-1].append(Text(text_of([inline]).replace("\t", " "), marks))
    return [_written(list(_wrapped(_trimmed(line)[1]))) for line in lines]


class _Side(Enum):
    """Which side of what is emphasised a delimiter is on."""

    OPEN = auto()
    CLOSE = auto()


@dataclass(slots=True)
class _Token:
    """A delimiter when it has a side; else characters as they are written, or markup that is complete in itself."""

    pieces: list[str]
    side: _Side | None = None
    is_text: bool = False


_WRAPPERS = ("href", "is_strike", "is_bold", "is_italic", "is_code")
_DELIMITERS = {"is_strike": "~~", "is_bold": "**", "is_italic": "_"}


def _wrapped(runs: list[Text], wrappers: Sequence[str] = _WRAPPERS) -> Iterator[_Token]:
    """Yield runs as tokens, one kind of mark within the other in a fixed order, so that none overlap."""
    if not wrappers:
        if text := "".join(run.text for run in runs):
            yield _Token(_pieces(text), is_text=True)
        return
    wrapper, *inner = wrappers
    # Neighbouring white space takes part in no mark, so what it leaves is put together with plain text again.
    for mark, group in groupby(_bared(runs, wrapper), lambda run: getattr(run.marks, wrapper)):
        if not mark:
            yield from _wrapped(list(group), inner)
        elif wrapper == "is_code":
            yield _Token([_code("".join(run.text for run in group))])
        elif wrapper == "href":
            yield from _link(list(group), mark, inner)
        else:
            yield _Token([_DELIMITERS[wrapper]], _Side.OPEN)
            yield from _wrapped(list(group), inner)
            yield _Token([_DELIMITERS[wrapper]], _Side.CLOSE)


def _link(runs: list[Text], address: str, inner: Sequence[str]) -> Iterator[_Token]:
    if runs == [Text(address, Marks(href=address))] and not _IN_ADDRESSES.search(address):
        yield _Token([f"<{address}>"])
        return
    yield _Token(["["])
    yield from _wrapped(runs, inner)
    target = _IN_ADDRESSES.sub(r"\\&", address)
    yield _Token([f"](<{target}>)" if "(" in target or ")" in target else f"]({target})"])


def _bared(runs: list[Text], wrapper: str) -> Iterator[Text]:
    """Yield runs whose mark neither begins nor ends with white space."""
    for mark, group in groupby(runs, lambda run: getattr(run.marks, wrapper)):
        if not mark:
            yield from group
            continue
        before, middle, after = _trimmed(list(group))
        yield from (Text(text) for text in [before] if text)
        yield from middle
        yield from (Text(text) for text in [after] if text)


def _trimmed(runs: list[Text]) -> tuple[str, list[Text], str]:
    """Return the white space before, what is in between, and the white space after."""
    text = "".join(run.text for run in runs)
    start, end = len(text) - len(text.lstrip()), len(text.rstrip())
    middle: list[Text] = []
    position = 0
    for run in runs:
        kept = run.text[max(0, start - position) : max(0, end - position)]
        position += len(run.text)
        if kept:
            middle.append(Text(kept, run.marks))
    return text[:start], middle, text[max(start, end) :]


def _code(text: str) -> str:
    runs = {len(run) for run in re.findall("`+", text)}
    fence = "`" * next(length for length in range(1, len(runs) + 2) if length not in runs)
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def _pieces(text: str) -> list[str]:
    pieces = list(text)
    for found in _MARKUP.finditer(text):
        pieces[found.start()] = f"\\{found[0]}"
    return pieces


def _written(tokens: list[_Token]) -> str:
    for before, token, after in zip([None, *tokens], tokens, [*tokens[1:], None], strict=False):
        if token.side is _Side.OPEN:
            _let_pass(token, before, -1, after.pieces[0][0] if after else "")
        elif token.side is _Side.CLOSE:
            _let_pass(token, after, 0, before.pieces[-1][-1] if before else "")
        elif token.pieces == ["["] and before and before.pieces[-1] == "!":
            before.pieces[-1] = "\\!"  # an image otherwise
    return "".join(piece for token in tokens for piece in token.pieces)


def _let_pass(delimiter: _Token, outside: _Token | None, index: int, inside: str) -> None:
    """Write the neighbour outside as a character reference when the delimiter would not count beside it."""
    if outside is None or not outside.is_text:
        return  # the line's end and other markup let it pass
    neighbour = outside.pieces[index]
    shown = neighbour[index]
    is_strict = delimiter.pieces == ["_"]  # counts within no word
    if (is_strict or _may_be_punctuation(inside)) and not (shown.isspace() or _is_punctuation(shown)):
        outside.pieces[index] = f"&#{ord(neighbour)};"


def _is_punctuation(character: str) -> bool:
    return unicodedata.category(character).startswith("P") or (character.isascii() and _may_be_punctuation(character))


def _may_be_punctuation(character: str) -> bool:
    """Tell what readers take for punctuation; before CommonMark 0.31 symbols beyond ASCII were none."""
    return unicodedata.category(character)[0] in "PS"
