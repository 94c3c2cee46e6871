"""Faults in what a message says. Pure.

malformed_json  non_object  nan  deep(depth)  huge_int(digits)  lone_surrogate  duplicate_keys  bad_utf8  binary
oversize(bytes)  fragment(n)  extra_field  missing_field(field)  unknown_enum(field)  type_change(field)
partial_never_final  error_type  rechunk(boundaries)
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from harness.errors import ConfigError
from harness.replayer.fault_tools import Change, Fault, edited, json_object
from harness.replayer.steps import Action, Track
from harness.wire.ready_frames import TEXT, frame

__all__ = ["CONTENT"]

_Text = Callable[[str, Fault, random.Random], str]
_ENUMS = {"speaker": "supervisor", "code": "UNHEARD_OF", "reason": "unheard_of", "type": "unheard.of"}


def _changed(change: _Text) -> Change:
    """A fault that writes a message anew."""

    def apply(track: Track, index: int, fault: Fault, rng: random.Random) -> list[Track]:
        data = track.steps[index].data
        if not isinstance(data, str):
            raise _no_place(fault, "a text message")
        return [edited(track, index, fault, data=change(data, fault, rng))]

    return apply


def _no_place(fault: Fault, wanted: str) -> ConfigError:
    return ConfigError("--fault", fault.text, f"a place where {wanted} is", fix="`harness cat` shows what is")


def _object(text: str, fault: Fault) -> dict[str, Any]:
    """The JSON object ``text`` is.

    Raises:
        ConfigError: it is none.
    """
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise _no_place(fault, "a JSON object")
    return value


def _member(text: str, fault: Fault, raw: str) -> str:
    """``text``, a JSON object, with one member more, written as it stands."""
    _object(text, fault)
    body = text.rstrip().removesuffix("}")
    return body + ("" if body.rstrip().endswith("{") else ",") + raw + "}"


def _malformed(text: str, _: Fault, rng: random.Random) -> str:
    return text[: rng.randrange(1, max(2, len(text.rstrip())))]


def _deep(text: str, fault: Fault, _: random.Random) -> str:
    depth = fault.count("depth", 1000)
    return _member(text, fault, '"fault":' + "[" * depth + "]" * depth)


def _huge_int(text: str, fault: Fault, _: random.Random) -> str:
    return _member(text, fault, '"fault":' + "9" * max(1, fault.count("digits", 400)))


def _duplicate_keys(text: str, fault: Fault, _: random.Random) -> str:
    return _member(text, fault, '"fault":1,"fault":2')


def _oversize(text: str, fault: Fault, _: random.Random) -> str:
    size = fault.count("bytes", (4 << 20) + (4 << 10), most=64 << 20)
    return _member(
        text, fault, '"fault":"' + "x" * max(0, size - len(text.encode("utf-8", "surrogatepass")) - 11) + '"'
    )


def _json(change: Callable[[dict[str, Any], str], None], *, of: Callable[[dict[str, Any]], list[str]]) -> _Text:
    """A fault in one member: the one asked for, else one drawn from those ``of`` names."""

    def apply(text: str, fault: Fault, rng: random.Random) -> str:
        value = _object(text, fault)
        names = of(value)
        name = fault.options.get("field") or (rng.choice(names) if names else "")
        if name not in value:
            raise _no_place(fault, "a message with such a member")
        change(value, name)
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))

    return apply


def _others(value: dict[str, Any]) -> list[str]:
    return [name for name in value if name not in ("type", "interaction_id", "seq")] or list(value)


def _enums(value: dict[str, Any]) -> list[str]:
    return [name for name in _ENUMS if name in value][:1]


def _unheard_of(value: dict[str, Any], name: str) -> None:
    value[name] = _ENUMS.get(name, "unheard_of")


def _other_type(value: dict[str, Any], name: str) -> None:
    value[name] = [value[name]] if isinstance(value[name], str) else str(value[name])


def _without(value: dict[str, Any], name: str) -> None:
    del value[name]


def _set(name: str, to: Any) -> _Text:
    def apply(text: str, fault: Fault, _: random.Random) -> str:
        return json.dumps({**_object(text, fault), name: to}, ensure_ascii=False, separators=(",", ":"))

    return apply


def _bad_utf8(track: Track, index: int, fault: Fault, _: random.Random) -> list[Track]:
    data = track.steps[index].data
    raw = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data or b""
    wire = frame(TEXT, raw[:-1] + b"\xc3\x28" + raw[-1:])
    return [edited(track, index, fault, action=Action.RAW, data=wire, tweak=fault.name)]


def _binary(track: Track, index: int, fault: Fault, _: random.Random) -> list[Track]:
    data = track.steps[index].data
    return [edited(track, index, fault, data=data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data)]


def _fragment(track: Track, index: int, fault: Fault, _: random.Random) -> list[Track]:
    data = track.steps[index].data
    size = len(data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data or b"")
    pieces = max(2, fault.count("n", 3))
    sizes = [size // pieces + (i < size % pieces) for i in range(pieces)]
    return [edited(track, index, fault, fragments=tuple((0, one) for one in sizes))]


def _rechunk(track: Track, index: int, fault: Fault, rng: random.Random) -> list[Track]:
    """The deltas of the summary of step ``index`` cut elsewhere: as many, with the same text in all."""
    first = json_object(track.steps[index])
    if first is None or first.get("type") != "summary.delta":
        raise _no_place(fault, "a summary.delta")
    about = (first.get("interaction_id"), first.get("summary_id"))
    found = {i: value for i, s in enumerate(track.steps) if (value := _delta(s, about)) is not None}
    whole = "".join(value["text"] for value in found.values())
    cuts = _cuts(fault, len(whole), len(found) - 1, rng)
    pieces = [whole[a:b] for a, b in zip([0, *cuts], [*cuts, len(whole)], strict=True)]
    steps = list(track.steps)
    for (i, value), piece in zip(found.items(), pieces, strict=True):
        text = json.dumps({**value, "text": piece}, ensure_ascii=False, separators=(",", ":"))
        steps[i] = replace(steps[i], data=text, fault=fault.text)
    return [replace(track, steps=tuple(steps))]


def _delta(step: Any, about: tuple[Any, Any]) -> dict[str, Any] | None:
    value = json_object(step) if step.action is Action.SEND else None
    if value is None or value.get("type") != "summary.delta" or not isinstance(value.get("text"), str):
        return None
    return value if (value.get("interaction_id"), value.get("summary_id")) == about else None


def _cuts(fault: Fault, length: int, wanted: int, rng: random.Random) -> list[int]:
    given = fault.options.get("boundaries", "")
    try:
        cuts = [min(int(one), length) for one in given.split("+") if one][:wanted]
    except ValueError:
        raise ConfigError("--fault rechunk:boundaries", given, "offsets joined by +, such as 3+17+40") from None
    return sorted([*cuts, *(rng.randrange(length + 1) for _ in range(wanted - len(cuts)))])


CONTENT: Mapping[str, Change] = {
    "malformed_json": _changed(_malformed),
    "non_object": _changed(lambda text, _, __: f"[{text}]"),
    "nan": _changed(lambda text, fault, _: _member(text, fault, '"fault":NaN')),
    "deep": _changed(_deep),
    "huge_int": _changed(_huge_int),
    "lone_surrogate": _changed(lambda text, fault, _: _member(text, fault, '"fault":"\\ud800"')),
    "duplicate_keys": _changed(_duplicate_keys),
    "bad_utf8": _bad_utf8,
    "binary": _binary,
    "oversize": _changed(_oversize),
    "fragment": _fragment,
    "extra_field": _changed(lambda text, fault, _: _member(text, fault, '"fault":"extra"')),
    "missing_field": _changed(_json(_without, of=_others)),
    "unknown_enum": _changed(_json(_unheard_of, of=_enums)),
    "type_change": _changed(_json(_other_type, of=_others)),
    "partial_never_final": _changed(_set("is_final", to=False)),
    "error_type": _changed(_set("error_type", to="GENERATION_FAILED")),
    "rechunk": _rechunk,
}
