"""Words with their places, and a light stem.

1. Offsets are code points of the text as given; ``text[t.start:t.end] == t.text``.
2. A placeholder is one token; an identifier with letters and digits ("INC-48213") is one token; other hyphens part words.
3. A stem only serves comparison: "charged", "charging" and "charge" share one; it need not be a word.
4. The stem of a stem is itself for every word that ends in no suffix after the first pass; no law rests on more.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from harness.text.lexicon import load, words

__all__ = ["STOP_WORDS", "Token", "sentences", "stem", "tokenize"]

_WORDS = load("harness.text", "words")
STOP_WORDS: frozenset[str] = words(_WORDS["stop"])
"""Words of no weight, lower case, without apostrophes."""
_IRREGULAR: dict[str, str] = _WORDS["irregular"]

_TOKEN = re.compile(
    r"\[[A-Z][A-Z0-9_]{0,40}_REDACTED\]"
    r"|(?:[A-Za-z]{1,12}-?\d[A-Za-z0-9]{0,30}(?:-[A-Za-z0-9]{1,20}){0,5})"  # INC-48213, FX20771, B-12
    r"|\d+(?:[.,:/-]\d+)*"
    r"|[^\W\d_]+(?:['’][^\W\d_]+)*"
)
_RANGE = re.compile(r"\d{1,3}(?:\.\d{1,2})?-\d{1,3}(?:\.\d{1,2})?")  # "4-7 days" are two numbers
_SENTENCE_END = re.compile(r"[.!?…。！？]+[\"'”’)\]]*(?=\s)|\n+")
_ABBREVIATIONS = frozenset(
    "mr mrs ms dr prof sr jr st no vs etc e.g i.e approx dept ext inc ltd co a.m p.m u.s u.k".split()
)
_SUFFIXES = (
    "ations",
    "ation",
    "ating",
    "ated",
    "ates",
    "ate",
    "ments",
    "ment",
    "ions",
    "ion",
    "ings",
    "ing",
    "ied",
    "ies",
    "ed",
    "es",
    "s",
    "ly",
)


@dataclass(frozen=True, slots=True)
class Token:
    """One word: its place, its spelling, its lower-case form without apostrophes and its stem."""

    start: int
    end: int
    text: str
    norm: str
    stem: str

    @property
    def is_stop(self) -> bool:
        """True for words that carry no content of their own."""
        return self.norm in STOP_WORDS


def tokenize(text: str) -> list[Token]:
    """All tokens of ``text`` in order; time is linear in its length."""
    found = []
    for match in _TOKEN.finditer(text):
        spelling, start = match.group(), match.start()
        dash = spelling.find("-", 1, 8)
        if dash > 0 and _RANGE.fullmatch(spelling):
            found.append(_token(spelling[:dash], start))
            spelling, start = spelling[dash + 1 :], start + dash + 1
        found.append(_token(spelling, start))
    return found


def _token(spelling: str, start: int) -> Token:
    norm, root = _forms(spelling)
    return Token(start, start + len(spelling), spelling, norm, root)


@lru_cache(maxsize=1 << 14)
def _forms(spelling: str) -> tuple[str, str]:
    norm = spelling.lower().replace("’", "'")
    if norm.endswith("'s") and norm not in ("it's", "that's", "what's", "there's", "let's", "he's", "she's", "here's"):
        norm = norm[:-2]
    norm = norm.replace("'", "")
    return norm, stem(norm)


@lru_cache(maxsize=1 << 14)
def stem(word: str) -> str:
    """The comparison form of a lower-case word."""
    word = _IRREGULAR.get(word, word)
    if len(word) <= 3 or not word.isalpha() or word.endswith("ss"):
        return word
    for suffix in _SUFFIXES:
        if word.endswith(suffix) and _strippable(word, suffix):
            word = word[: -len(suffix)] + ("y" if suffix in ("ied", "ies") else "")
            break
    return _trim(word)


def _strippable(word: str, suffix: str) -> bool:
    """Short words keep their endings: "state" is not "st", "nation" not "n"."""
    rest = word[: -len(suffix)]
    if suffix == "s":
        return word[-2] not in "us" or len(word) > 6
    return len(rest) >= (3 if suffix in ("ed", "es", "ing", "ied", "ies") else 4) and any(c in "aeiouy" for c in rest)


def _trim(word: str) -> str:
    """Undo the doubled consonant ("stopp", but not "miss"), the silent e and the final y, so that all forms meet."""
    if len(word) > 3 and word[-1] == "e":
        word = word[:-1]
    if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "aeious":
        word = word[:-1]
    return word[:-1] + "i" if len(word) > 3 and word[-1] == "y" else word


def sentences(text: str) -> list[tuple[int, int]]:
    """Half-open offsets of the sentences of ``text``, without the white space around them; none is empty."""
    found: list[tuple[int, int]] = []
    start = 0
    for match in _SENTENCE_END.finditer(text):
        if match.group()[0] == "." and _is_abbreviation(text, start, match.start()):
            continue
        _append_stripped(found, text, start, match.end())
        start = match.end()
    _append_stripped(found, text, start, len(text))
    return found


def _is_abbreviation(text: str, start: int, dot: int) -> bool:
    begin = max(start, dot - 8)
    last = text[begin:dot].split()[-1:] or [""]
    word = last[0].lower().lstrip("(\"'")
    if word in ("a.m", "p.m", "etc", "inc", "ltd", "co", "no", "ext"):  # these may also end a sentence
        following = text[dot + 1 : dot + 4].strip()
        return not following[:1].isupper()
    return word in _ABBREVIATIONS or (len(word) == 1 and word.isalpha() and word != "i")


def _append_stripped(found: list[tuple[int, int]], text: str, start: int, end: int) -> None:
    piece = text[start:end]
    begin = start + len(piece) - len(piece.lstrip())
    stop = begin + len(piece.strip())
    if any(c.isalnum() or c == "[" for c in text[begin:stop]):
        found.append((begin, stop))
