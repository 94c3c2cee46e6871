"""Whether the leak scan can find anything in a text at all: one pass over its bytes, before any pattern is asked. Pure.

Sufficient tests on ASCII text only: a False of the ``may_be_`` is a proof that the pattern of :mod:`harness.pii.scan` of the
same name finds nothing, True means "look"; :func:`is_quiet` is both at once. A word that is put into one of those patterns is put here too; ``tests/pii/test_scan_gate.py``
holds the two together.
"""

from __future__ import annotations

__all__ = ["digits_in", "is_quiet", "may_be_heard", "may_be_written", "words_of"]

_TABLE = bytes(n + 32 if 65 <= n <= 90 else n if 97 <= n <= 122 or 48 <= n <= 57 or n == 95 else 32 for n in range(256))
"""Letters in lower case, digits and the underscore as they are, blanks for what is no part of a word."""

_MARKED = bytes(48 if 48 <= n <= 57 or n == 64 else _TABLE[n] for n in range(256))
"""The same with ``0`` for every digit and ``@``."""

_NOT_MARKS = bytes(n for n in range(128) if not (48 <= n <= 57 or n == 64))
_NOT_DIGITS = bytes(n for n in range(256) if not 48 <= n <= 57)
_KEYWORDS = frozenset(
    b"password passwd pwd passphrase bearer key token api_key apikey secret client_secret secret_key".split()
)
_SAID = frozenset(b"zero oh one two three four five six seven eight nine double ten dot".split())
_NUMBERS = frozenset(
    b"o nought naught niner eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen hundred triple treble first "
    b"second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth sixteenth seventeenth "
    b"eighteenth nineteenth twentieth thirtieth".split()
)
"""The words of a row of number words (scan_spoken.py) that are not among those above."""
_LOUD = _KEYWORDS | _SAID
_LOUD_WITH_AT = _LOUD | {b"at"}


def words_of(text: str) -> bytes:
    """The words of the ASCII ``text`` in lower case, parted by blanks."""
    return text.encode().translate(_TABLE)


def digits_in(text: str) -> int:
    """ASCII digits in ``text``."""
    return len(text.encode("utf-8", "surrogatepass").translate(None, _NOT_DIGITS))


def is_quiet(text: str, *, rows: bool = False) -> bool:
    """A proof that there is no leak in ``text``, nor in any row of its lines by itself; False says nothing.

    Args:
        rows: prove also that no row of number words is in it, of whatever kind they are: a value that was heard before needs
            none of the words by which others are known.
    """
    if not text.isascii() or "%" in text:
        return False
    words = text.encode().translate(_MARKED)
    if b"0" in words or text.count(":") > 1:
        return False
    found = words.split()
    if rows and not _NUMBERS.isdisjoint(found):
        return False
    if not (_LOUD_WITH_AT if "." in text else _LOUD).isdisjoint(found):
        return False
    return not _may_be_tens(words, found)


def may_be_written(text: str, words: bytes) -> bool:
    """A digit, an ``@``, something between colons, or a word that names a secret may be in ``text``."""
    if text.encode().translate(None, _NOT_MARKS) or text.count(":") > 1:
        return True
    return not _KEYWORDS.isdisjoint(words.split())


def may_be_heard(text: str, words: bytes) -> bool:
    """A word for a number, or an address that is said, may be in ``text``."""
    found = words.split()
    if not _SAID.isdisjoint(found) or (b"at" in found and "." in text):
        return True
    return _may_be_tens(words, found)


def _may_be_tens(words: bytes, found: list[bytes]) -> bool:
    return (b"ty " in words or words.endswith(b"ty")) and any(
        word.endswith(b"ty") and 5 <= len(word) <= 7 for word in found
    )
