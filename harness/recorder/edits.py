"""Replace personal data in one text of the wire, in place, and say where it was.

1. Every character outside the replaced values stays as it was: JSON is edited in its raw text, never written anew.
2. Labels give the place of the *surrogate* in the decoded string; what has no ``id`` (a secret) gets no label.
3. What is about to be written is scanned once more by the independent leak scan.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from harness.dialects.json_paths import KEY, renamed
from harness.dialects.json_scan import JsonText, JsonTextError, scan_json
from harness.dialects.json_text import apply_edits_with_cuts, splice
from harness.pii.scan import leaks
from harness.recording.entry import PiiLabel
from harness.text.placeholder import placeholder

__all__ = ["Edited", "EditedString", "Replacement", "edit_text", "leak_in", "parse", "strings", "unescaped"]

_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")


@dataclass(frozen=True, slots=True)
class Replacement:
    """``text`` in the place of ``[start:end]`` of the decoded string at ``path`` ("" with no JSON: the whole text)."""

    path: str
    start: int
    end: int
    text: str = field(repr=False)
    type: str
    id: str


@dataclass(frozen=True, slots=True)
class Edited:
    """The new text, labels of what was replaced, the cuts' new places, and path -> (start, end, new length)."""

    text: str = field(repr=False)
    labels: tuple[PiiLabel, ...]
    cuts: tuple[int, ...]
    places: Mapping[str, tuple[tuple[int, int, int], ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class EditedString:
    """How one string of a message was changed: what moves labels along.

    Args:
        edits: (start, end, new length), in order, offsets of the string as received.
    """

    conversation: str
    seq: int | None
    path: str
    edits: tuple[tuple[int, int, int], ...]


def parse(raw: str) -> JsonText | None:
    """``raw`` as JSON with offsets, None if it is not JSON."""
    try:
        return scan_json(raw)
    except JsonTextError:
        return None


def strings(raw: str, parsed: JsonText | None) -> Iterable[tuple[str, str]]:
    """(path, decoded text) of everything in ``raw`` that can hold a value."""
    if parsed is None:
        yield "", raw
        return
    for string in parsed.strings:
        yield string.path, string.value
    for number in parsed.numbers:
        yield number.path, number.text


def edit_text(
    raw: str, parsed: JsonText | None, replacements: Sequence[Replacement], cuts: Sequence[int] = ()
) -> Edited:
    """``raw`` with the replacements made."""
    if not replacements:
        return Edited(raw, (), tuple(cuts))
    by_path: dict[str, list[Replacement]] = {}
    for one in sorted(replacements, key=lambda r: (r.path, r.start)):
        by_path.setdefault(one.path, []).append(one)
    names = _names(parsed, by_path)
    labels = tuple(label for path, found in by_path.items() for label in _labels(found, renamed(path, names)))
    edits = {path: [(r.start, r.end, r.text) for r in found] for path, found in by_path.items()}
    if parsed is None:
        new, new_cuts = splice(raw, edits[""], cuts)
    else:
        new, new_cuts = apply_edits_with_cuts(raw, edits, cuts)
    places = {path: tuple((r.start, r.end, len(r.text)) for r in found) for path, found in by_path.items()}
    return Edited(new, labels, tuple(new_cuts), places)


def _names(parsed: JsonText | None, by_path: Mapping[str, Sequence[Replacement]]) -> dict[str, str]:
    """Pointer of every member whose key is changed -> the key as it will be."""
    if parsed is None or not any(path.endswith(KEY) for path in by_path):
        return {}
    keys = [string for string in parsed.strings if string.is_key and string.path in by_path]
    changes = {key.path: [(r.start, r.end, r.text) for r in by_path[key.path]] for key in keys}
    return {key.path.removesuffix(KEY): splice(key.value, changes[key.path])[0] for key in keys}


def _labels(found: Sequence[Replacement], path: str) -> Iterable[PiiLabel]:
    shift = 0
    for one in found:
        start = one.start + shift
        shift += len(one.text) - (one.end - one.start)
        if one.text and one.id:
            yield PiiLabel(type=one.type, start=start, end=start + len(one.text), id=one.id, path=path)


def leak_in(text: str, exempt: Callable[[str], bool], replaced: Sequence[PiiLabel] = ()) -> str | None:
    """The type of a value the independent scan finds in ``text``, None if it finds none.

    Args:
        exempt: paths that hold ids and enums.
        replaced: our own surrogates in ``text``: a piece of one may look like somebody's value, and is left out.
    """
    parsed = parse(text)
    places: dict[str, list[PiiLabel]] = {}
    for label in replaced:
        places.setdefault(label.path, []).append(label)
    for path, value in strings(text, parsed):
        if not exempt(path) or parsed is None:
            found = leaks(_without(value, places.get(path, ())))
            if found:
                return found[0].type
    if parsed is None and "\\u" in text:
        hidden = leaks(unescaped(_without(text, places.get("", ()))))
        return hidden[0].type if hidden else None
    return None


def unescaped(text: str) -> str:
    r"""``text``, which is no JSON, with its ``\u`` escapes undone."""
    return _ESCAPE.sub(lambda match: chr(int(match.group(1), 16)), text) if "\\u" in text else text


def _without(value: str, replaced: Sequence[PiiLabel]) -> str:
    parts, at = [], 0
    for label in replaced:
        parts += [value[at : label.start], placeholder(label.type)]
        at = label.end
    return "".join([*parts, value[at:]])
