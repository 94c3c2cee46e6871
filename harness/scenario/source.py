"""Bytes of a scenario file as plain values, bounded before anything is built from them.

1. At most 2 MiB, 32 levels deep, 200,000 nodes; YAML anchors and aliases are refused (they can grow without bound).
2. Only YAML's plain types: the safe loader, no tags of other kinds.
3. JSONL holds the header object on its first line and one step object on each line after it.
4. No error shows what the file holds.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from harness.dialects.strict_json import StrictJsonError, loads
from harness.errors import ScenarioError

__all__ = ["MAX_BYTES", "MAX_DEPTH", "MAX_NODES", "load_json_line", "read_bytes", "read_mapping", "read_text"]

MAX_BYTES = 2 * 1024 * 1024
MAX_DEPTH = 32
MAX_NODES = 200_000

# The C loader is the same loader, ten times faster, and missing on some builds of PyYAML.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_bytes(path: Path, limit: int = MAX_BYTES) -> bytes:
    """The file's bytes.

    Raises:
        ScenarioError: if it cannot be read or is larger than ``limit``.
    """
    try:
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except OSError as error:
        raise ScenarioError(f"cannot be read: {error.strerror or 'error'}", path=path) from None
    if len(data) > limit:
        raise ScenarioError(f"is larger than {limit} bytes", path=path, fix="split it")
    return data


def read_text(data: bytes, *, path: Path | str, where: str = "") -> str:
    """``data`` as UTF-8, with or without a byte order mark."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ScenarioError(f"is not UTF-8 at byte {error.start}", path=path, where=where) from None


def read_mapping(path: Path) -> dict[str, Any]:
    """The scenario file as one mapping, not yet checked against the model."""
    text = read_text(read_bytes(path), path=path)
    value = _from_jsonl(text, path) if path.suffix == ".jsonl" else _from_yaml(text, path)
    if not isinstance(value, dict):
        raise ScenarioError("is not a mapping of fields", path=path, fix="start with title:, line:, date: and script:")
    return value


def load_json_line(text: str, *, path: Path | str, where: str) -> Any:
    """One line of JSON, strictly: no duplicate keys, no NaN."""
    try:
        return loads(text)
    except StrictJsonError as error:
        at = f" at character {error.where}" if error.where else ""
        raise ScenarioError(f"is not usable JSON ({error.reason}{at})", path=path, where=where) from None


def _from_jsonl(text: str, path: Path) -> Any:
    lines = [(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
    if not lines:
        raise ScenarioError("is empty", path=path)
    values = [load_json_line(line, path=path, where=f"line {number}") for number, line in lines]
    head = values[0]
    if not isinstance(head, dict):
        raise ScenarioError("is not an object", path=path, where="line 1")
    if "turns" in head:
        raise ScenarioError("holds transcripts, not a scenario", path=path, fix="pass it with --dialogues")
    return {**head, "script": values[1:]}


def _from_yaml(text: str, path: Path) -> Any:
    try:
        _bound(yaml.parse(text, Loader=_LOADER), path)
        return yaml.load(text, Loader=_LOADER)  # noqa: S506 - _LOADER is the safe loader
    except yaml.constructor.ConstructorError as error:
        raise ScenarioError("holds a tag that is not plain YAML", path=path, where=_mark(error)) from None
    except yaml.YAMLError as error:
        problem = getattr(error, "problem", None) or "a character that is not allowed"
        raise ScenarioError(f"is not readable as YAML: {problem}", path=path, where=_mark(error)) from None
    except ValueError:
        raise ScenarioError("holds a date or number that does not exist", path=path) from None


def _bound(events: Iterable[Any], path: Path) -> None:
    """Walk the parse events, which needs no recursion, and stop at the first excess."""
    depth = nodes = 0
    for event in events:
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            line = f"line {event.start_mark.line + 1}"
            raise ScenarioError("uses an anchor or alias", path=path, where=line, fix="write the value out")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        nodes += isinstance(event, yaml.NodeEvent)
        if depth > MAX_DEPTH or nodes > MAX_NODES:
            raise ScenarioError(f"is deeper than {MAX_DEPTH} levels or has over {MAX_NODES} values", path=path)


def _mark(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    return f"line {mark.line + 1}, column {mark.column + 1}" if mark else ""
