"""Names of people: after a cue phrase, mentioned again, or invented.

1. A cue phrase ends where the name begins; between them stand punctuation, a title or a filler.
2. ``trust`` says how much a rule asks of the first word. ``any``: no ordinary word; ``title``: as ``any``, but written with
   a capital, or after Mr, Mrs, Ms; ``given``: in the list of given names. Two rules of a cue may differ in ``then``: words
   that must follow.
3. A name has at most five words and :data:`LONGEST` code points. It ends before what belongs to a spoken e-mail address.
4. A row of names known from the conversation, or of invented ones, is a name without a cue (names.py).
5. Without any of these a name is a given name written with a capital that is hardly anything else ("Roxanne"), with what goes on
   with it; a word with a capital before a surname ("Grace Kowalski"); or, in small letters, such a given name before such a
   surname. It is none behind "Saint" or "Rue", before "Street" or "Inc", or beside "&".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from harness.pii.abroad import PREFIXES
from harness.pii.address import STRONG
from harness.pii.address import SUFFIXES as SUFFIXES_OF_STREETS
from harness.pii.book import NameBook
from harness.pii.names import (
    COMPANY,
    FILLERS,
    PARTICLES,
    SUFFIXES,
    TITLES,
    is_ambiguous,
    is_brand,
    is_family,
    is_given,
    is_low_given,
    is_never,
    is_opener,
    is_reserved,
    is_strong,
    is_thing,
    lower_name,
)
from harness.pii.rules import Rule
from harness.pii.words import Word, Words

__all__ = ["LONGEST", "cued_rules", "may_be_bare", "name_end"]

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
_SHOUTED = 4
"""Letters of a name in capitals that stands alone."""
_NUMBERS = frozenset("0]")
"""A number, or the placeholder that stands for one: a street has names too."""
_PLACE_BEFORE = PREFIXES | frozenset(
    "saint st san santa santo sao são los las el mount mt lake port fort ft camp cape point monte new &".split()
)


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


def name_end(
    words: Words, rules: Sequence[Rule], before: Sequence[str], book: NameBook, bare: Rule | None = None
) -> tuple[int, Rule | None]:
    """(End in the text, rule) of the name that begins at the first word; (-1, None) if none does.

    Args:
        bare: the rule of names that nothing announces.

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
    end = _known(words, book)
    return (_bare(words, before), bare) if end < 0 and bare is not None and may_be_bare(first.text) else (end, None)


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
    """Whether a word is part of an address or the like; what is glued to a value is glued to its placeholder too."""
    after = words.after(word)
    if after == "." and len(word.text) > 1:
        behind = words.after(word, 1)
        return behind == "[" or behind.isalnum()
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
        if (
            at
            and not _goes_on(word.text, low, capital=capital, place=names)
            and not (capital and _is_initial(words, at))
        ):
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


def _is_initial(words: Words, at: int) -> bool:
    """Whether word ``at`` is the initial "I."."""
    return words.at(at).text == "I" and words.at(at + 1).text == "." and not words.at(at + 1).gap


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


# --- by the lists alone ----------------------------------------------------------------------------------------------


def may_be_bare(word: str) -> bool:
    """Whether a name that nothing announces may begin with ``word``: a quick test."""
    low = lower_name(word)
    if word[0].isupper():
        return is_strong(low) or (len(low) > 1 and not is_opener(low) and (is_ambiguous(low) or not is_never(low)))
    return is_strong(low)


def _bare(words: Words, before: Sequence[str]) -> int:
    """Rule 5."""
    first = words.at(0)
    low = lower_name(first.text)
    if _is_glued(words, first) or _opens_address(words, 0) or _is_of_place(before):
        return -1
    following = words.at(1)
    family = following.kind == "w" and following.gap == 1 and is_family(lower_name(following.text))
    if first.text[0].islower():
        row = (
            family and following.text[0].islower() and not _is_glued(words, following) and not _opens_address(words, 1)
        )
        count = 2 if row else int(is_low_given(low))
        return _end(words, count) if count and not _is_other(words, count) else -1
    if is_strong(low):
        if first.text.isupper() and len(first.text) < _SHOUTED and not family:
            return -1
    elif not family or not following.text[0].isupper() or (first.text.isupper() and not following.text.isupper()):
        return -1
    count = _count(words, capital=True)
    if not count or (count == 1 and not is_strong(low)) or _is_other(words, count):
        return -1
    return _end(words, count)


def _is_of_place(before: Sequence[str]) -> bool:
    """Whether what stands before a name makes it a place's, a street's or a company's."""
    if not before:
        return False
    last = before[-2] if before[-1] == "." and len(before) > 1 else before[-1]
    return last in _PLACE_BEFORE or before[-1] in _NUMBERS or before[-1] in PARTICLES


def _is_other(words: Words, count: int) -> bool:
    """Whether a row of names is a company, a street, a brand."""
    row = [words.at(n) for n in range(count)]
    low = [lower_name(word.text) for word in row]
    if (
        any(word in COMPANY or is_thing(word) for word in low)
        or is_brand(" ".join(low[:2]))
        or is_brand(row[-1].text.lower().replace("’", "'"))
    ):
        return True
    after = words.at(count)
    name = lower_name(after.text)
    if after.text == "&" or name in COMPANY:
        return True
    if after.kind == "w" and after.gap == 1 and after.text[0].isupper() and is_thing(name):
        return True
    return (
        after.kind == "w"
        and after.gap == 1
        and name in SUFFIXES_OF_STREETS
        and (name in STRONG or after.text[0].isupper())
    )
