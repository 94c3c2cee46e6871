"""Postal addresses: a number, a name and what a street ends in; a box; or what follows a cue.

1. ``number name suffix [direction] [, unit] [, city] [, state [code]]``. Without a cue the name is written with capitals, or the
   number is said in two words or more; the city counts only with its state or code.
2. After a cue the name may be in small letters; an address that has no suffix (as abroad) then is a number, words with
   capitals, and numbers.
3. ``PO box number`` is an address as far as the number, or the city. Streets abroad and mail of the armed forces: abroad.py.
4. An address has at most :data:`LONGEST` code points. An invented one ends with its suffix, whatever follows.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from harness.pii.abroad import forces, may_begin, street_abroad
from harness.pii.names import is_given, is_never, is_reserved, is_word
from harness.pii.spoken import NUMBER_WORDS, runs
from harness.pii.words import Word, Words
from harness.text.lexicon import load
from harness.text.lexicon import words as listed

__all__ = ["DWELLINGS", "LONGEST", "NAMES", "STRONG", "SUFFIXES", "address_end", "is_said", "may_begin", "same_address"]

LONGEST = 96
"""Code points of an address."""

_DATA: Mapping[str, Any] = load("harness.pii", "places")
STRONG = listed(_DATA["strong"])
SUFFIXES = STRONG | listed(_DATA["weak"])
_DIRECTIONS = listed(_DATA["directions"])
_UNITS = listed(_DATA["units"])
DWELLINGS = listed(_DATA["dwellings"])
_ORDINALS = listed(_DATA["ordinals"])
NAMES = _DIRECTIONS | _ORDINALS
"""What a street's name may begin with in small letters."""
_NEVER = listed(_DATA["never"])
_DESCRIBING = listed(_DATA["describing"])
_NOT_AFTER = listed(_DATA["not_after"])
_COUNTED = listed(_DATA["counted"])
_STATES = listed(_DATA["states"])
_STATE_NAMES = listed(_DATA["state_names"])
_LONG = dict(pair.split("=")[::-1] for pair in _DATA["short"].split())
_SAID = NUMBER_WORDS - {"o", "oh", "second", "double", "triple"}
_MOST_SAID = 8
_MOST_NAME = 4
_MOST_CITY = 3
_MOST_LINES = 3
_MOST_CAPITALS = 5
_PARTICLES = listed(_DATA["street_particles"])
_LONGEST_NUMBER = 6
_NAMING = frozenset("park bank market station office hospital march old main center centre high church first".split())
"""Words that are no names, but streets' names."""
_BOX = ("p.o.box", "pobox", "postofficebox", "p.obox")
_ORDINAL = re.compile(r"(?:st|nd|rd|th)")
_ENDS = frozenset({"", ".", "?", "!", ";", "\n"})
"""What stands behind a city that is told without its state."""
_BESIDE = frozenset("$€£#*%_/-+.,:=@0]x")
_PAUSES = frozenset(".,:-")


def address_end(words: Words, *, cued: bool, before: list[str], apart: bool = False) -> int:
    """End in the text of the address that begins at the first word, -1 if none does.

    Args:
        cued: a cue phrase ends here.
        before: the words before it, in lower case; ``0`` is a number, ``]`` the end of a placeholder.
        apart: blanks stand between it and them.

    Raises:
        More: not known yet.
    """
    first = words.at(0)
    beside = _BESIDE - _PAUSES if apart else _BESIDE
    if before and not cued and (before[-1] in beside | _SAID or not _COUNTED.isdisjoint(before[-3:])):
        return -1
    if first.kind == "w":
        box = _box(words)
        if box >= 0:
            return _rest(words, box, cued=True)
        office = forces(words)
        if office:
            return words.at(office - 1).end
    at, said = _number(words)
    if not said and (at or may_begin(first.text)):
        end, behind = street_abroad(words, at)
        if end >= 0:
            return _rest(words, behind, cued=cued)
    if not at:
        return -1
    name = at
    end, at = _street(words, at, cued=cued, said=said)
    if end >= 0:
        return end if at < 0 else _rest(words, at, cued=cued)
    end = -1 if said else _two_numbers(words, name)
    return _free(words) if end < 0 and cued and first.kind == "n" else end


def same_address(value: str) -> str:
    """What is the same for all writings of one address: its number and street, without unit and city."""
    words = Words(value, range(len(value)), 0, final=True, most=len(value) + 1)
    at, said = _number(words)
    end = _street(words, at, cued=True, said=said)[0] if at else -1
    plain = value if end < 0 else value[:end]
    if said:
        number = value[: words.at(at - 1).end]
        found = runs(number)
        plain = (found[0].digits if found else number) + plain[len(number) :]
    row = [_LONG.get(word.rstrip("."), word.rstrip(".")) for word in plain.lower().replace(",", " ").split()]
    return " ".join(row)


def is_said(value: str) -> bool:
    """Whether an address has its number in words."""
    return (
        value[:1].isalpha()
        and _low(Words(value, range(len(value)), 0, final=True, most=99).at(0)).split("-")[0] in _SAID
    )


def _low(word: Word) -> str:
    return word.text.lower()


# --- number ----------------------------------------------------------------------------------------------------------


def _number(words: Words) -> tuple[int, int]:
    """(Index behind the house number, how many words said it; 0 if it is written); (0, 0) for none."""
    first = words.at(0)
    if first.kind == "n":
        return _written(words, first), 0
    count = 0
    while (
        count <= _MOST_SAID
        and words.at(count).kind == "w"
        and all(p in _SAID for p in _low(words.at(count)).split("-"))
    ):
        if count and words.at(count).gap != 1:
            break
        count += 1
    return (count, sum(len(_low(words.at(n)).split("-")) for n in range(count))) if 0 < count <= _MOST_SAID else (0, 0)


def _written(words: Words, first: Word) -> int:
    if len(first.text) > _LONGEST_NUMBER:
        return 0
    at = 1
    following = words.at(1)
    if following.kind == "w" and not following.gap:
        if len(following.text) > 1:
            return 0
        at = 2
    elif following.text in "-/" and not following.gap and words.at(2).kind == "n" and not words.at(2).gap:
        at = 3
    return at if 1 <= words.at(at).gap <= 2 else 0


# --- street ----------------------------------------------------------------------------------------------------------


def _street(words: Words, at: int, *, cued: bool, said: int) -> tuple[int, int]:
    """(End of the suffix or -1, index behind it; -1 where nothing may follow)."""
    names = 0
    start = at
    reserved = False
    while names <= _MOST_NAME:
        word = words.at(at)
        if word.kind == "n":
            if at != start or not _ORDINAL.fullmatch(_low(words.at(at + 1))) or words.at(at + 1).gap:
                return -1, 0
            names, at = names + 1, at + 2
            continue
        if word.kind != "w" or not 1 <= word.gap <= 2:
            return -1, 0
        low = _low(word).replace("’", "'")
        owner = 2 * low.endswith("'s")
        low = low.removesuffix("'s")
        if reserved and low in SUFFIXES:
            return word.end - owner, -1
        if names and low in SUFFIXES and _is_suffix(words, at, cued=cued, said=said):
            if _low(words.at(at + 1)) in _NOT_AFTER:
                return -1, 0
            return word.end - owner, -1 if owner else at + 1
        if not _is_name(word, low, cued=cued or said > 1, first=not names):
            return -1, 0
        reserved = reserved or is_reserved(low)
        names += low not in _DIRECTIONS or names == 0
        at += 1
        if low in _DIRECTIONS and words.at(at).text == "." and not words.at(at).gap:
            at += 1
    return -1, 0


def _is_suffix(words: Words, at: int, *, cued: bool, said: int) -> bool:
    """A suffix by its looks, and the last one of a row of such words."""
    word = words.at(at)
    low = _low(word)
    following = words.at(at + 1)
    more = _low(following) in STRONG or (_low(following) in SUFFIXES and following.text[:1].isupper() and not cued)
    if following.kind == "w" and following.gap and _low(following) != "st" and more:
        return False
    if said and not cued:
        return said > 1 and low in STRONG
    return cued or low in STRONG or word.text[0].isupper()


def _is_name(word: Word, low: str, *, cued: bool, first: bool) -> bool:
    if low in _DIRECTIONS:
        return True
    if low in _NEVER or word.text.endswith("n't"):
        return False
    if low in _DESCRIBING:
        return word.text[0].isupper()
    if low in _ORDINALS:
        return first
    if is_reserved(low):
        return True
    if word.text[0].isupper():
        return not is_word(low) or low in _NAMING
    return cued and not is_never(low) and low not in NUMBER_WORDS and len(low) > 2


# --- what follows ----------------------------------------------------------------------------------------------------


def _rest(words: Words, at: int, *, cued: bool) -> int:
    """The end of the address whose words before ``at`` are certain."""
    end = words.at(at - 1).end
    if words.at(at).text == "." and not words.at(at).gap and _goes_on(words, at + 1):
        at += 1
    if _low(words.at(at)) in _DIRECTIONS and words.at(at).gap and _is_whole(words, words.at(at)):
        end, at = words.at(at).end, at + 1
    unit = _unit(words, at)
    if unit:
        end, at = words.at(unit - 1).end, unit
    city = _city(words, at, cued=cued) or _abroad(words, at)
    return words.at(city - 1).end if city else end


def _goes_on(words: Words, at: int) -> bool:
    """Whether an abbreviation's full stop is not the end of the sentence."""
    word = words.at(at)
    return word.text in ",\n" or _low(word) in _UNITS or _low(word) in _DIRECTIONS or _low(word) in _STATES


def _comma(words: Words, at: int) -> int:
    """Behind commas and one line break."""
    seen = 0
    while words.at(at).text in (",", "\n") and seen < 3:
        at, seen = at + 1, seen + 1
    return at


def _unit(words: Words, at: int) -> int:
    """Index behind "apartment five", ", Apt. 5B", "#12"; 0 for none."""
    at = _comma(words, at)
    word = words.at(at)
    if _low(word) not in _UNITS:
        return 0
    at += 1
    if words.at(at).text in (".", "#"):
        at += 1
    value = words.at(at)
    if value.kind == "n" and len(value.text) <= _LONGEST_NUMBER:
        glued = words.at(at + 1)
        if glued.kind == "w" and not glued.gap and len(glued.text) == 1 and _is_whole(words, glued):
            return at + 2
        return at + 1 if _is_whole(words, value) else 0
    if value.kind == "w" and len(value.text) == 1 and word.text != "#":
        if words.at(at + 1).kind == "n" and not words.at(at + 1).gap and _is_whole(words, words.at(at + 1)):
            return at + 2
        return at + 1 if _is_whole(words, value) else 0
    count = 0
    while count < 4 and _low(words.at(at + count)) in _SAID:
        count += 1
    return at + count if count and _is_whole(words, words.at(at + count - 1)) else 0


def _is_whole(words: Words, word: Word) -> bool:
    """Whether nothing that belongs to a longer word is stuck to the end of ``word``."""
    after = words.after(word)
    return not (after.isalnum() or (after and after in "_@[-'’"))


def _city(words: Words, at: int, *, cued: bool) -> int:
    """Index behind ", City, ST 12345" and its kin; 0 for none."""
    start = _comma(words, at)
    parted = start > at
    at = start
    count = 0
    while count < _MOST_CITY and _is_city(words, words.at(at), written=not cued) and not (count and _state(words, at)):
        at, count = at + 1, count + 1
    if not count:
        return 0
    behind = _comma(words, at)
    state = _state(words, behind)
    code = _code(words, _comma(words, state or behind))
    if code and _is_whole(words, words.at(code - 1)):
        return code
    if state and _is_whole(words, words.at(state - 1)):
        return state
    capital = words.at(start).text[0].isupper()
    if not parted or not capital:
        return 0
    return at if cued or (words.at(at).text in _ENDS and not is_given(_low(words.at(start)))) else 0


def _abroad(words: Words, at: int) -> int:
    """Index behind ", 1012 AB Amsterdam", or "Aalborg, Denmark 9100": lines of words with capitals, with a code; 0 for none."""
    start = _comma(words, at)
    word = words.at(start)
    behind = start + 1
    if word.text.isdigit() and words.at(start + 1).text == "-" and words.at(start + 2).kind == "n":
        behind = start + 3
    if (
        start > at
        and word.kind == "n"
        and (len(word.text) in (4, 5) or behind > start + 1)
        and words.at(behind).gap == 1
    ):
        last = _capitals(words, behind)
        return last if last and _is_whole(words, words.at(last - 1)) else 0
    index = start
    for _ in range(_MOST_LINES):
        last = _capitals(words, index)
        if not last:
            return 0
        index = _comma(words, last)
        code = words.at(index)
        if code.kind == "n" and len(code.text) in (4, 5, 6) and code.gap in (0, 1) and _is_whole(words, code):
            return index + 1
    return 0


def _capitals(words: Words, at: int) -> int:
    """Index behind a row of words with capitals, small particles between them; 0 for none."""
    last = 0
    for index in range(at, at + _MOST_CAPITALS):
        word = words.at(index)
        low = _low(word)
        if word.kind != "w" or word.gap < 0 or (is_never(low) and low not in _STATES):
            break
        if word.text[0].isupper():
            last = index + 1
        elif low not in _PARTICLES or not last:
            break
    return last


def _two_numbers(words: Words, at: int) -> int:
    """The end of "12 Gralla 30, Apt. 5": only its unit tells that it is a house."""
    last = _capitals(words, at)
    if not last or words.at(last).kind != "n" or len(words.at(last).text) > _LONGEST_NUMBER - 2:
        return -1
    dwelling = _low(words.at(_comma(words, last + 1))) in DWELLINGS
    return _rest(words, last + 1, cued=False) if dwelling and _unit(words, last + 1) else -1


def _is_city(words: Words, word: Word, *, written: bool) -> bool:
    low = _low(word)
    if word.kind != "w" or is_never(low) or word.gap < 0 or not _is_whole(words, word):
        return False
    return word.text[0].isupper() or (not written and len(low) > 2 and low not in NUMBER_WORDS)


def _state(words: Words, at: int) -> int:
    word = words.at(at)
    low = _low(word)
    if low in _STATES and word.text.isupper():
        return at + 1
    return at + 1 if low in _STATE_NAMES else 0


def _code(words: Words, at: int) -> int:
    """Index behind a ZIP code, an Australian code, or a British or Canadian postcode."""
    word = words.at(at)
    if word.kind == "n" and len(word.text) in (4, 5):
        plus = words.at(at + 2)
        four = words.at(at + 1).text == "-" and plus.kind == "n" and len(plus.text) == 4 and not plus.gap
        if four and _is_whole(words, plus):
            return at + 3
        return at + 1 if _is_whole(words, word) else 0
    if word.kind != "w":
        return 0
    count = 0
    while count < 5 and _low(words.at(at + count)) in _SAID | {"oh", "o", "double"}:
        count += 1
    if count >= 3:
        return at + count
    return _postcode(words, at)


def _postcode(words: Words, at: int) -> int:
    text = ""
    for ahead in range(at, at + 8):
        word = words.at(ahead)
        if word.kind not in "wn" or word.gap not in (0, 1) or (word.kind == "w" and not word.text.isupper()):
            return 0
        text += word.text
        if re.fullmatch(r"[A-Z]{1,2}[0-9][0-9A-Z]?[0-9][A-Z]{2}|[A-Z][0-9][A-Z][0-9][A-Z][0-9]", text):
            return ahead + 1
        if len(text) > 7:
            return 0
    return 0


def _box(words: Words) -> int:
    """Index behind "P.O. Box 4417"; -1 for none."""
    if _low(words.at(0)) not in ("p", "po", "post"):
        return -1
    text, at = "", 0
    while at < 6 and len(text) < 14:
        text += _low(words.at(at))
        at += 1
        if text in _BOX or text.replace(".", "") in _BOX:
            value = words.at(at)
            return at + 1 if value.kind == "n" and len(value.text) <= 8 and _is_whole(words, value) else -1
        if not words.at(at - 1).text:
            return -1
    return -1


def _free(words: Words) -> int:
    """After a cue, an address without a street's suffix: a number, words with capitals, numbers and line breaks."""
    at, capitals, end = 1, 0, -1
    while at < 24:
        word = words.at(at)
        if word.kind == "w" and word.text[0].isupper() and not is_never(_low(word)):
            capitals += 1
        elif not (word.kind == "n" and len(word.text) <= _LONGEST_NUMBER) and _low(word) not in _UNITS | {"'"}:
            dot = word.text == "." and _low(words.at(at - 1)) in _UNITS | SUFFIXES
            if word.text not in (",", "\n", "/") and not dot:
                break
            at += 1
            continue
        at += 1
        end = word.end if _is_whole(words, word) else end
    return end if capitals else -1
