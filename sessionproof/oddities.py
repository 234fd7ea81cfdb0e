"""Texts and ids that programs stumble over: nearly equal twins, unusual characters, ids that were never issued."""

from __future__ import annotations

import random
import string
import unicodedata
import uuid
from collections.abc import Callable

from sessionproof.wire import Reply

__all__ = ["ODD_TEXTS", "never_issued", "odd_texts", "shortened", "twins"]

_SHORT = 1000  # characters that are taken everywhere

ODD_TEXTS = {
    "beyond the BMP": "grin \U0001f600 and G clef \U0001d11e",
    "combining marks": "e\u0301 a\u0308 (NFD)",
    "composed letters": "\u00e9 \u00e4 \ufb01 \u212b (NFC and compatibility)",
    "line breaks": "one\ntwo\r\nthree\u2028four",
    "space around": "  space before and after\t ",
    "markup": "<script>alert('x')</script> &amp; <b>bold</b>",
    "quotes and backslashes": "\"double\" 'single' `back` C:\\temp\\new \\u0041",
    "JSON-like": '{"role": "system", "content": "[1, 2"}',
    "zero-width and bidirectional": "zero\u200bwidth \u202eright to left\u202c end",
    "template-like": "{{7*7}} ${7*7} %s %d #{x} {0}",
    "SQL-like": "Robert'); DROP TABLE sessions;--",
    "control characters": "bell \x07 escape \x1b[31m delete \x7f",
    "joined emoji": "family \U0001f468\u200d\U0001f469\u200d\U0001f467 flag \U0001f1eb\U0001f1f7",
    "many scripts": "\u0639\u0631\u0628\u064a \u4e2d\u6587 \u0939\u093f\u0928\u094d\u0926\u0940 \u0e44\u0e17\u0e22",
    "looks like a number": "007",
    "a long text": "log line " * 8000,
    "many lines": "\n".join(f"{n:04d} ERROR connection reset" for n in range(200)),
    "percent and plus": "100% + 5%20 a+b%2Fc",
}


def odd_texts(chance: random.Random, count: int) -> dict[str, str]:
    """`count` of the texts above by name, then generated mixtures of all planes of Unicode."""
    names = list(ODD_TEXTS)
    chance.shuffle(names)
    chosen = {name: ODD_TEXTS[name] for name in names[:count]}
    for number in range(count - len(chosen)):
        chosen[f"mixture {number}"] = "".join(_character(chance) for _ in range(chance.randint(1, 60)))
    return chosen


def shortened(text: str, reply: Reply, send: Callable[[str], Reply]) -> tuple[str, Reply]:
    """The text that was sent last, and its answer: while one that isn't short is refused, half of it is sent instead.

    A text over a limit is refused; what is cut off without a word is cut off below that limit.
    """
    while reply.refused and len(text) > _SHORT:
        text = text[: len(text) // 2].strip()
        reply = send(text)
    return text, reply


def _character(chance: random.Random) -> str:
    top = chance.choice((0x7E, 0x2FF, 0xFFFF, 0x10FFFF))
    while True:
        point = chance.randint(0x20, top)
        if not 0xD800 <= point <= 0xDFFF and unicodedata.category(chr(point)) not in ("Cn", "Co"):
            return chr(point)


def twins(base: str) -> dict[str, tuple[str, str]]:
    """Pairs of different strings that careless stores take for one, by what makes them alike."""
    return {
        "case": (f"{base}-device-a", f"{base}-Device-A"),
        "a space behind": (f"{base}-s", f"{base}-s "),
        "NFC and NFD": (f"{base}-\u00e9", f"{base}-e\u0301"),
        "a delimiter": (f"{base}:x", f"{base}_x"),
        "a common prefix": (f"{base}-pre", f"{base}-pre1"),
        "a space before": (f"{base}-b", f" {base}-b"),
        "zero width": (f"{base}-zw", f"{base}-z\u200bw"),
        "a long common prefix": (f"{base}{'x' * 180}1", f"{base}{'x' * 180}2"),
        "percent-encoding": (f"{base}/p", f"{base}%2Fp"),
        "a pattern": (f"{base}-1*", f"{base}-1?"),
        "full width": (f"{base}-7", f"{base}-\uff17"),
        "leading zero": (f"{base}-1", f"{base}-01"),
        "sharp s": (f"{base}-\u00df", f"{base}-ss"),
        "a tab behind": (f"{base}-t", f"{base}-t\t"),
        "look-alike letters": (f"{base}-o", f"{base}-\u043e"),
        "null-like": (f"{base}-null", f"{base}-NULL"),
    }


def never_issued(like: str, chance: random.Random) -> str:
    """An id of the form of `like` that nobody has ever been given."""
    try:
        if str(uuid.UUID(like)) == like.lower():
            return str(uuid.UUID(int=chance.getrandbits(128), version=4))
    except ValueError:
        pass
    other = "".join(_same_kind(character, chance) for character in like)
    return other if other != like else f"{like[:-1]}{'1' if like[-1:] != '1' else '2'}"


def _same_kind(character: str, chance: random.Random) -> str:
    for kind in (string.digits, string.ascii_lowercase, string.ascii_uppercase):
        if character in kind:
            return chance.choice(kind)
    return character
