"""Whether anything can be in a text at all: one pass over its bytes, before any rule is asked.

Every function here is a *sufficient* test on ASCII text: True is a proof, False only means "look". A new kind of rule
registers its words here, or it is never asked:

1. :data:`HOT` - a value (or the one word before it) may begin at this word; a text with none of them, no digit and no
   ``@`` is cold. Words come from :data:`harness.pii.spoken_words.HOT_WORDS`.
2. :data:`WAKE` - in a text without digits only these words lead to a value. A rule whose value holds neither a digit, an
   ``@`` nor a number word adds its cue words to both.
3. Cues of rules of kind ``value`` come from the rules themselves (:attr:`harness.pii.rules.RuleSet.cue_ends`); a lone
   number below :data:`FEW_DIGITS` digits is a value behind such a cue only.
"""

from __future__ import annotations

import re
from collections.abc import Set

from harness.pii.spoken_words import AT_WORDS, HESITATIONS, HOT_WORDS, JOINERS, NUMBER_WORDS

__all__ = [
    "FEW_DIGITS",
    "HOT",
    "LOW",
    "NUMBER",
    "SAID_MAIL",
    "SPOKEN",
    "WAKE",
    "has_any",
    "is_cold",
    "is_cold_so_far",
    "is_idle",
    "is_idle_of",
    "is_odd",
    "is_plain",
    "is_still",
    "low",
    "parsed",
    "trie",
    "words_in",
    "words_of",
]

FEW_DIGITS = 6
"""Without a cue no value of the built-in rules has fewer digits, but for addresses of the network."""


def words_of(words: Set[str]) -> frozenset[bytes]:
    """Lower-case ASCII words as the gate compares them."""
    return frozenset(word.encode() for word in words if word.isascii())


def trie(words: Set[str]) -> str:
    """A pattern for one of ``words``, the longest first, each letter looked at once; nothing after it is asked for."""
    heads: dict[str, set[str]] = {}
    for word in words:
        if word:
            heads.setdefault(word[0], set()).add(word[1:])
    parts = [re.escape(head) + trie(tails) for head, tails in sorted(heads.items())]
    inner = "(?:" + "|".join(parts) + ")" if len(parts) > 1 else "".join(parts)
    return f"(?:{inner})?" if inner and "" in words else inner


HOT = words_of(HOT_WORDS)
NUMBER = words_of(NUMBER_WORDS)
SPOKEN = NUMBER | words_of(HESITATIONS)
"""Without one of them no number is said, or haltingly written."""
WAKE = words_of(NUMBER_WORDS | AT_WORDS) | {b"dot"}
SAID_MAIL = words_of(AT_WORDS | JOINERS)
"""A spoken address has one of these, or an ``@`` that stands alone."""

LOW = bytes(
    (48 if chr(n).isdigit() or chr(n) in "@=" else ord(chr(n).lower()) if chr(n).isalpha() else 32) if n < 128 else 32
    for n in range(256)
)
"""Letters in lower case, ``0`` for what is hot by itself (digits, ``@``, and the ``=`` before a secret), blanks for the rest."""
_BLANK = 32
_WORD = re.compile(r"[^\W\d_]+")
_LONG_WORD = 14
_DIGIT = re.compile("[0-9]")
_DOTS = re.compile(r"\.[0-9]{1,3}\.[0-9]")
_COLONS = re.compile(r":[^\s:]{0,4}:")
_DOMAIN = re.compile(r"[A-Za-z0-9]\.[A-Za-z]")


def low(text: str) -> bytes:
    """The ASCII ``text`` with letters in lower case, ``0`` for digits and ``@``, blanks for the rest."""
    return text.encode().translate(LOW)


def is_still(text: str) -> bool:
    """No digit and no ``@`` is in ``text``, which is ASCII."""
    return text.isascii() and b"0" not in text.encode().translate(LOW)


def has_any(text: str, words: Set[bytes]) -> bool:
    """Whether one of ``words`` stands in the ASCII ``text``; digits part words."""
    return not words.isdisjoint(text.encode().translate(LOW).replace(b"0", b" ").split())


def words_in(text: str) -> list[bytes]:
    """The words of any text, in lower case; of one that is not ASCII, those without another letter in them."""
    if text.isascii():
        return text.encode().translate(LOW).replace(b"0", b" ").split()
    return [word.encode() for word in _WORD.findall(text.lower()) if word.isascii()]


def is_cold(text: str, longest: int) -> bool:
    """No token of the ASCII ``text`` is hot, and none has ``longest`` characters."""
    plain = text.encode().translate(LOW)
    if b"0" in plain or not HOT.isdisjoint(plain.split()):
        return False
    return len(text) < longest or max(map(len, text.split()), default=0) < longest


def is_cold_so_far(text: str, longest: int) -> bool:
    """The same while more is to come: a last word that may go on is not hot yet."""
    plain = text.encode().translate(LOW)
    if b"0" in plain:
        return False
    words = plain.split()
    if words and plain[-1] != _BLANK:
        words.pop()
    if not HOT.isdisjoint(words):
        return False
    return len(text) < longest or max(map(len, text.split()), default=0) < longest


def is_plain(text: str) -> bool:
    """No rule finds anything in the ASCII ``text``, whatever stands before it."""
    plain = text.encode().translate(LOW)
    if b"0" in plain:
        return False
    words = plain.split()
    if HOT.isdisjoint(words):
        return True
    return sum([word in NUMBER for word in words]) < 2 and b"dot" not in words and "." not in text


def parsed(text: str) -> tuple[bytes, list[bytes]]:
    """(:func:`low`, words) of an ASCII text; what several tests look at."""
    plain = text.encode().translate(LOW)
    return plain, (plain.replace(b"0", b" ") if b"0" in plain else plain).split()


def is_idle(text: str, cue_ends: Set[bytes]) -> bool:
    """The built-in rules find nothing in the short ASCII ``text``, no cue standing before it.

    Without a cue a value has an ``@``, six digits or more, seven of them said, a spoken joiner, or the look of an address
    of the network or of a secret.
    """
    return is_idle_of(text, *parsed(text), cue_ends)


def is_idle_of(text: str, plain: bytes, words: list[bytes], cue_ends: Set[bytes]) -> bool:
    """:func:`is_idle` of a text that was :func:`parsed`."""
    count = plain.count(b"0")
    if not count:
        if WAKE.isdisjoint(words):
            return True
    elif count >= FEW_DIGITS:
        return False
    if HOT.isdisjoint(words):
        return not count or (count < FEW_DIGITS and "@" not in text and cue_ends.isdisjoint(words) and not is_odd(text))
    said = sum(map(NUMBER.__contains__, words))
    if b"dot" in words or "@" in text or (b"at" in words and _DOMAIN.search(text)):
        return False
    if not cue_ends.isdisjoint(words):
        return not count and said < 2
    return count < FEW_DIGITS and count + 3 * said < FEW_DIGITS + 1 and not (count and is_odd(text))


def is_odd(text: str) -> bool:
    """Whether a network address, an identifier or a secret with few digits may be in ``text``."""
    if "_" in text or "=" in text or "%40" in text:
        return True
    if (text.count(".") > 1 and _DOTS.search(text)) or (text.count(":") > 1 and _COLONS.search(text)):
        return True
    words = text.split()
    return max(map(len, words), default=0) > _LONG_WORD and any(
        len(word) > _LONG_WORD and not word.isalpha() and _DIGIT.search(word) for word in words
    )
