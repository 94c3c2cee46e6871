"""Names of people: after a cue phrase, mentioned again, or invented.

1. A cue phrase ends where the name begins; between them stand punctuation, a title or a filler.
2. ``trust`` says how much a rule asks of the first word. ``any``: no ordinary word; ``title``: as ``any``, but written with
   a capital, or after Mr, Mrs, Ms; ``given``: in the list of given names. Two rules of a cue may differ in ``then``: words
   that must follow.
3. A name has at most five words and :data:`LONGEST` code points. It ends before what belongs to a spoken e-mail address.
4. A row of names known from the conversation, or of invented ones, is a name without a cue (names.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from harness.pii.book import NameBook
from harness.pii.names import (
    COMPANY,
    FILLERS,
    PARTICLES,
    SUFFIXES,
    TITLES,
    is_ambiguous,
    is_given,
    is_never,
    is_reserved,
    lower_name,
)
from harness.pii.rules import Rule
from harness.pii.words import Word, Words

__all__ = ["LONGEST", "cued_rules", "name_end"]

LONGEST = 72
"""Code points of a name, and of what must follow it."""

_MOST_WORDS = 5
_MOST_FILLERS = 4
_LONGEST_CUE = 6
_PUNCTUATION = frozenset(":,-\"'(")
_GLUE = "[@_/\\0123456789=+&#~*"
_JOINERS = frozenset({"at", "dot", "underscore", "hyphen", "dash", "@"})
_SPOKEN_TITLES = frozenset({"mr", "mrs", "ms", "miss", "mister", "missus"})
_SPELLED = 3


def cued_rules(
    by_cue: Mapping[tuple[str, ...], tuple[Rule, ...]], ends: frozenset[str], before: Sequence[str]
) -> tuple[Rule, ...]:
    """The rules whose cue ends, fillers apart, at the end of ``before``; of several cues the longest.

    Args:
        ends: the last words of all cues.
    """
    last = len(before)
    for skipped in range(_MOST_FILLERS + 1):
        for size in range(min(_LONGEST_CUE, last) if last and before[last - 1] in ends else 0, 0, -1):
            found = by_cue.get(tuple(before[last - size : last]))
            if found:
                return found
        if not last or skipped == _MOST_FILLERS or not _may_skip(before, last - 1):
            return ()
        last -= 1
    return ()


def _may_skip(before: Sequence[str], index: int) -> bool:
    word = before[index]
    if word == ".":
        return index > 0 and before[index - 1] in TITLES
    return word in _PUNCTUATION or word in FILLERS


def name_end(words: Words, rules: Sequence[Rule], before: Sequence[str], book: NameBook) -> tuple[int, Rule | None]:
    """(End in the text, rule) of the name that begins at the first word; (-1, None) if none does.

    Raises:
        More: not known yet.
    """
    first = words.at(0)
    if first.kind != "w":
        return -1, None
    for rule in rules:
        end = _cued(words, rule, before)
        if end >= 0:
            return end, rule
    return _known(words, book), None


# --- after a cue -----------------------------------------------------------------------------------------------------


def _cued(words: Words, rule: Rule, before: Sequence[str]) -> int:
    if "spelled" in rule.trust:
        return _spelled(words, before)
    if not _begins(words, rule.trust, before):
        return -1
    count = _count(words, capital=words.at(0).text[:1].isupper())
    if rule.then and not _followed(words, count, rule):
        return -1
    company = any(lower_name(words.at(n).text) in COMPANY for n in range(count + 1))
    return -1 if company or not count else _end(words, count)


def _begins(words: Words, trust: str, before: Sequence[str]) -> bool:
    word = words.at(0)
    low = lower_name(word.text)
    if low != word.text.lower().removesuffix("'s") or low in COMPANY or _is_glued(words, word):
        return False
    if word.text[0].isupper():
        if trust == "given":
            return is_given(low)
        return is_given(low) or is_ambiguous(low) or not is_never(low)
    if is_reserved(low):
        return True
    if low in PARTICLES:
        return False
    if trust == "title":
        return bool(before) and _titled(before) and len(low) > 1 and not is_never(low)
    if trust == "given":
        return is_given(low) and not is_ambiguous(low)
    return is_given(low) or (len(low) > 2 and not is_never(low) and not is_ambiguous(low))


def _titled(before: Sequence[str]) -> bool:
    return before[-1] in _SPOKEN_TITLES or (before[-1] == "." and before[-2:-1] != [] and before[-2] in _SPOKEN_TITLES)


def _is_glued(words: Words, word: Word) -> bool:
    after = words.after(word)
    if after == "." and len(word.text) > 1:
        return words.after(word, 1).isalnum()
    return bool(after) and after in _GLUE


def _count(words: Words, *, capital: bool) -> int:
    """How many of the words from the first on are the name; an initial's full stop counts as one."""
    count = names = 0
    at = 0
    while names < _MOST_WORDS:
        word = words.at(at)
        if word.kind != "w" or (at and not 1 <= word.gap <= 2) or _is_glued(words, word):
            break
        low = lower_name(word.text)
        if low in PARTICLES and at and not word.text[0].isupper():
            at += 1
            if at - count > 3:
                break
            continue
        if at and not _goes_on(word.text, low, capital=capital, place=names):
            break
        if _opens_address(words, at):
            break
        names += len(low) > 1
        at += 1
        count = at
        if low in SUFFIXES or word.text.endswith(("'s", "’s")):
            break
        if len(low) == 1 and words.at(at).text == "." and not words.at(at).gap and words.at(at + 1).gap in (1, 2):
            at += 1
            count = at if words.at(at).kind == "w" and _goes_on_after_initial(words, at) else count
    return count


def _goes_on_after_initial(words: Words, at: int) -> bool:
    """Whether the full stop before word ``at`` is an initial's and no sentence's."""
    word = words.at(at)
    low = lower_name(word.text)
    return (
        not _is_glued(words, word) and not _opens_address(words, at) and _goes_on(word.text, low, capital=True, place=1)
    )


def _goes_on(text: str, low: str, *, capital: bool, place: int) -> bool:
    if capital:
        if not text[0].isupper() or low == "i" or "'" in low[2:]:
            return False
        return low in SUFFIXES or is_given(low) or is_ambiguous(low) or not is_never(low)
    if text[0].isupper() or place > 1:
        return False
    return is_given(low) or (len(low) > 2 and not is_never(low))


def _opens_address(words: Words, at: int) -> bool:
    """Whether the word may be the local part of a spoken e-mail address: "kim at kestrel dot io"."""
    joiner = lower_name(words.at(at + 1).text)
    if joiner not in _JOINERS:
        return False
    if joiner not in ("at", "@"):
        return True
    if words.at(at + 2).kind not in "wn":
        return False
    for ahead in range(at + 3, at + 12):
        word = words.at(ahead)
        if word.text.lower() == "dot" or (word.text == "." and not word.gap and words.at(ahead + 1).gap == 0):
            return True
        if word.kind == "n" or (word.kind == "w" and (len(word.text) == 1 or word.text.lower() in _JOINERS)):
            continue
        return False
    return False


def _followed(words: Words, count: int, rule: Rule) -> bool:
    word = words.at(count)
    if word.text == ",":
        word = words.at(count + 1)
    return lower_name(word.text) in rule.then


def _end(words: Words, count: int) -> int:
    last = words.at(count - 1 if words.at(count - 1).kind == "w" else count - 2)
    text = last.text
    return last.end - (2 if text.endswith(("'s", "’s")) else 0)


def _spelled(words: Words, before: Sequence[str]) -> int:
    """A row of letters ("R-e-n-n-e-r", or "r e n n e r") where a name was spoken of."""
    if "name" not in before and "person" not in before:
        return -1
    first = words.at(0)
    if set(map(len, first.text.split("-"))) == {1} and first.text.count("-") + 1 >= _SPELLED:
        return -1 if _is_glued(words, first) or _opens_address(words, 0) else first.end
    at = 0
    while at < 16 and words.at(at).kind == "w" and len(words.at(at).text) == 1 and (not at or words.at(at).gap == 1):
        at += 1
    if at < _SPELLED or _is_glued(words, words.at(at - 1)) or _opens_address(words, at - 1):
        return -1
    return words.at(at - 1).end


# --- without a cue ---------------------------------------------------------------------------------------------------


def _known(words: Words, book: NameBook) -> int:
    """A row of names that are known from the conversation or invented."""
    count = sure = 0
    while count < _MOST_WORDS:
        word = words.at(count)
        low = lower_name(word.text)
        reserved = word.kind == "w" and is_reserved(word.text)
        if word.kind != "w" or (count and not 1 <= word.gap <= 2) or not (reserved or book.knows(low)):
            break
        if _is_glued(words, word) or _opens_address(words, count):
            break
        if count and not reserved and is_ambiguous(low) and word.text[0].islower():
            break
        sure += reserved or book.alone(word.text)
        count += 1
        if word.text.endswith(("'s", "’s")):
            break
    return _end(words, count) if sure or (count > 1 and _all_names(words, count)) else -1


def _all_names(words: Words, count: int) -> bool:
    """Whether a row of ambiguous words is written as a name."""
    return all(words.at(n).text[0].isupper() for n in range(count))
