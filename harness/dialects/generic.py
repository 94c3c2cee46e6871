"""Any stream of JSON messages, described by a few paths; ``GENERIC.md`` beside this file shows one.

1. Without paths nothing is known and nothing is trusted: every string, key and long number of a message is scanned.
2. A path names one value: ``$.call.id``, ``$.alternatives[0].text``, or a JSON pointer such as ``/call/id``.
3. What a path does not find is missing, not wrong; of another type than expected it counts as missing. Only what is no
   JSON object is malformed.
4. Ids, numbers and flags that the paths name, and the type, are left as they are; everything else is scanned.
5. The description is text, stored in the header of a recording: it holds no code, no addresses and no secrets.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from harness.dialects.base import Event, Lifecycle, Malformed, Other, Utterance
from harness.dialects.strict_json import StrictJsonError, loads
from harness.errors import ConfigError

__all__ = ["SOLE", "GenericDialect", "Paths", "parse_description", "read_path"]

SOLE = "session"
"""The conversation of messages that name none."""

_MAX_BYTES = 1 << 16
_MAX_SEQ = 2**53
_NAME = re.compile(r"[a-z][a-z0-9_.-]{0,48}/[0-9]{1,4}")
_STEP = re.compile(r"\.([A-Za-z_][\w-]*)|\[(\d{1,6})\]|\['([^'\\]*)'\]")
_POINTER = re.compile(r"(?:/(?:[^~/]|~[01])*)+")

Path = tuple[str | int, ...]


class Paths(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where things are; '' = the messages have no such thing."""

    conversation: str = ""
    type: str = ""
    text: str = ""
    final: str = ""
    seq: str = ""
    speaker: str = ""


class _Client(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the client does."""

    subscribe: str = ""
    unsubscribe: str = ""
    end: tuple[str, ...] = ()
    token: bool = False


class _Description(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: str = "generic/1"
    paths: Paths = Paths()
    client: _Client = _Client()


@dataclass(frozen=True, slots=True)
class GenericDialect:
    """Decodes what ``description`` (TOML) describes; holds no state.

    Raises:
        ConfigError: the description is not usable.
    """

    description: str = ""
    name: str = field(init=False)
    needs_token: bool = field(init=False)
    ends_with_close: bool = field(init=False, default=True)
    _paths: Mapping[str, Path] = field(init=False, repr=False)
    _pointers: Mapping[str, str] = field(init=False, repr=False)
    _exempt: frozenset[str] = field(init=False, repr=False)
    _client: _Client = field(init=False, repr=False)

    def __post_init__(self) -> None:
        found = parse_description(self.description)
        paths = {name: read_path(name, path) for name, path in msgspec.structs.asdict(found.paths).items() if path}
        pointers = {name: _pointer(path) for name, path in paths.items()}
        exempt = frozenset(pointers[name] for name in ("conversation", "type", "seq", "final") if name in pointers)
        for name, value in (
            ("name", found.name),
            ("needs_token", found.client.token),
            ("_client", found.client),
            ("_paths", paths),
            ("_pointers", pointers),
            ("_exempt", exempt),
        ):
            object.__setattr__(self, name, value)

    def decode(self, data: str | bytes) -> Event:
        """One message: an utterance where the paths find text, the end where the type says so, else just a message."""
        if isinstance(data, bytes):
            return Malformed(reason="binary")
        try:
            value = loads(data)
        except StrictJsonError as error:
            return Malformed(reason=error.reason, where=error.where)
        if not isinstance(value, dict):
            return Malformed(reason="not_object", payload=value)
        kind = self._word(value, "type")
        seq = self._find(value, "seq")
        base: dict[str, Any] = {
            "type": kind or "message",
            "conversation": self._word(value, "conversation") or SOLE,
            "seq": seq if type(seq) is int and 1 <= seq <= _MAX_SEQ else None,
            "payload": value,
        }
        if kind and kind in self._client.end:
            return Lifecycle(**base | {"type": "end"})
        text = self._find(value, "text")
        if not isinstance(text, str):
            return Other(**base)
        return Utterance(
            **base,
            utterance_id="",
            speaker=self._word(value, "speaker"),
            text=text,
            text_path=self._pointers["text"],
            is_final=self._find(value, "final") is True or "final" not in self._paths,
        )

    def decode_rest(self, body: str) -> Event:
        """Bodies of REST calls are messages like any other."""
        return self.decode(body)

    def text_paths(self, event: Event) -> Mapping[str, str]:
        """None: every message is scanned for itself."""
        return {}

    def exempt(self, event: Event, path: str) -> bool:
        """The ids, flags and numbers the description names, where they are such."""
        return path in self.exempt_paths(event)

    def exempt_paths(self, event: Event) -> frozenset[str]:
        """All of them."""
        return frozenset() if isinstance(event, Malformed) else self._exempt

    def conversation_of(self, data: str) -> str | None:
        """What a client message names in the place it has in ``subscribe`` or ``unsubscribe``, or at the path."""
        said = _spoken(self._client.subscribe, data) or _spoken(self._client.unsubscribe, data)
        if said:
            return said
        try:
            value = loads(data)
        except StrictJsonError:
            return None
        return (self._word(value, "conversation") or None) if isinstance(value, dict) else None

    def subscribe_text(self, subscription: object, conversation: str, resume_after_seq: int | None) -> str | None:
        """``subscribe`` with its places filled; None if the service speaks unasked."""
        return _filled(self._client.subscribe, conversation, resume_after_seq)

    def unsubscribe_text(self, conversation: str) -> str | None:
        """``unsubscribe`` with its places filled; None if nothing is said."""
        return _filled(self._client.unsubscribe, conversation, None)

    def _find(self, value: Any, name: str) -> Any:
        """What stands at the path called ``name``, None if nothing does."""
        for step in self._paths.get(name, (0,)):
            try:
                value = value[step]
            except (KeyError, IndexError, TypeError):
                return None
        return value

    def _word(self, value: Any, name: str) -> str:
        found = self._find(value, name)
        if type(found) is int:
            return str(found)
        return found if isinstance(found, str) and len(found) <= 512 else ""


def parse_description(text: str) -> _Description:
    """The description in ``text``, checked.

    Raises:
        ConfigError: naming what is wrong with it.
    """
    if len(text) > _MAX_BYTES:
        raise ConfigError("dialect", f"{len(text)} characters", f"at most {_MAX_BYTES}")
    try:
        found = msgspec.convert(tomllib.loads(text), _Description)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError("dialect", "no TOML", "a description in TOML", fix=str(error)) from None
    except msgspec.ValidationError as error:
        fix = str(error)
        raise ConfigError(
            "dialect", "another form", "name, [paths] and [client] as GENERIC.md has them", fix=fix
        ) from None
    if not _NAME.fullmatch(found.name):
        raise ConfigError("dialect.name", found.name, "a name and a version such as captions/1")
    if found.name.partition("/")[0] == "mediation":
        raise ConfigError("dialect.name", found.name, "a name that is not taken")
    return found


def read_path(name: str, text: str) -> Path:
    """``$.a.b[0]`` or ``/a/b/0`` as its steps.

    Raises:
        ConfigError: it is neither.
    """
    if _POINTER.fullmatch(text):
        parts = (part.replace("~1", "/").replace("~0", "~") for part in text[1:].split("/"))
        return tuple(int(part) if part.isdigit() else part for part in parts)
    steps: list[str | int] = []
    at = 1
    while text.startswith("$") and at < len(text) and (found := _STEP.match(text, at)):
        key, index, quoted = found.groups()
        steps.append(int(index) if index else key if key is not None else quoted)
        at = found.end()
    if not steps or at != len(text):
        raise ConfigError(f"dialect.paths.{name}", text, "a path such as $.call.id or /call/id")
    return tuple(steps)


def _pointer(path: Path) -> str:
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)


def _filled(text: str, conversation: str, after: int | None) -> str | None:
    """``{conversation}`` and ``{after}`` replaced, the first as the inside of a JSON string."""
    if not text:
        return None
    inside = json.dumps(conversation, ensure_ascii=False)[1:-1]
    return text.replace("{conversation}", inside).replace("{after}", str(after or 0))


def _spoken(template: str, data: str) -> str:
    """The conversation in a text that was made of ``template``, '' if it was not."""
    if "{conversation}" not in template:
        return ""
    form = re.escape(template).replace(r"\{conversation\}", r'((?:[^"\\]|\\.)*)', 1).replace(r"\{after\}", r"\d+")
    found = re.fullmatch(form.replace(r"\{conversation\}", r"\1"), data)
    try:
        return str(json.loads(f'"{found[1]}"')) if found else ""
    except ValueError:
        return ""
