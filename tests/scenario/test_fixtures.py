"""Every scenario that ships with the project composes, and means what it says."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.dialects.base import Malformed
from harness.dialects.mediation import MediationDialect
from harness.recording.entry import HttpChunk, WsMessage
from harness.scenario.compose import Composed, compose
from harness.scenario.files import compose_files
from harness.scenario.labels import Label
from harness.scenario.model import load_scenario

FOLDER = Path(__file__).resolve().parents[2] / "fixtures" / "scenarios"
SCENARIOS = sorted(FOLDER.glob("*.yaml")) + sorted(FOLDER.glob("*.jsonl"))


@pytest.fixture(params=SCENARIOS, ids=lambda path: str(path.stem))
def composed(request: pytest.FixtureRequest) -> Composed:
    """Each scenario, composed."""
    return compose(load_scenario(request.param), seed=7)


def received(composed: Composed) -> list[WsMessage]:
    return [e for e in composed.entries if isinstance(e, WsMessage) and e.dir == "in"]


def texts(composed: Composed) -> dict[int | None, list[dict[str, Any]]]:
    """seq -> messages; None holds the flat ones and the gateway's summaries."""
    found: dict[int | None, list[dict[str, Any]]] = {}
    bodies = [e.text for e in composed.entries if isinstance(e, HttpChunk)]
    for text in (*(message.text for message in received(composed)), *bodies):
        try:
            value = json.loads(text or "")
        except ValueError:
            continue
        if isinstance(value, dict):
            found.setdefault(value.get("seq"), []).append(value)
    return found


def at(message: dict[str, Any], path: str) -> str | None:
    """The string at a JSON pointer, None if there is none."""
    value: Any = message
    for part in path.split("/")[1:]:
        try:
            value = value[int(part)] if isinstance(value, list) else value[part]
        except (KeyError, IndexError):
            return None
    return value if isinstance(value, str) else None


def covered(composed: Composed, label: Label) -> set[str]:
    """What the label's offsets cover in the messages it may belong to."""
    found = [at(message, label.path) for message in texts(composed).get(label.seq, [])]
    start, end = label.start or 0, label.end or 0
    return {text[start:end] for text in found if text is not None and len(text) >= end}


def marks(path: Path) -> Counter[str]:
    """The types marked in the file itself, read without our parser."""
    found: Counter[str] = Counter()
    for piece in path.read_text(encoding="utf-8").split("{{")[1:]:
        found[piece.split("|")[0]] += 1
    return found


def test_two_runs_give_equal_bytes(tmp_path: Path, figure: Callable[[str, object], None]) -> None:
    """All of them, written twice."""
    figure("scenarios that compose", len(SCENARIOS))
    one, two = (compose_files([FOLDER], tmp_path / name, 7) for name in ("one", "two"))
    assert len(one) == len(SCENARIOS) >= 24
    for first in (tmp_path / "one").iterdir():
        assert first.read_bytes() == (tmp_path / "two" / first.name).read_bytes()
    assert len(two) == len(one)


def test_spans_cover_text_of_their_messages(composed: Composed) -> None:
    """Every label lies inside a string of its message, without white space at its ends."""
    for label in composed.labels:
        if label.kind == "message":
            continue
        found = covered(composed, label)
        assert found, label
        assert "" not in found
        if "#" not in label.id:
            assert any(text == text.strip() for text in found), label


def test_split_values_are_whole_again(composed: Composed) -> None:
    """The pieces of a value, put together, are a value that stands whole in the completed summary."""
    wholes = set().union(*(covered(composed, label) for label in composed.labels if label.path == "/summary"), set())
    pieces: dict[str, str] = {}
    for label in composed.labels:
        if "#" in label.id:
            id_ = label.id.partition("#")[0]
            pieces[id_] = pieces.get(id_, "") + covered(composed, label).pop()
    assert set(pieces.values()) <= wholes


def test_only_expected_messages_are_malformed(composed: Composed) -> None:
    """The dialect accepts everything but what the scenario says it rejects, and for that reason.

    A summary the service itself marks as failed is well formed; the pipeline rejects it later.
    """
    dialect = MediationDialect()
    labels = [label for label in composed.labels if label.kind == "message" and label.label != "service_error"]
    expected = {label.id.rpartition(":m")[2]: label.label for label in labels}
    found = {}
    for number, message in enumerate(received(composed), 1):
        event = dialect.decode(message.text if message.text is not None else b"")
        if isinstance(event, Malformed):
            found[str(number)] = event.reason
    assert found == expected


def test_no_mark_crosses_the_wire(composed: Composed) -> None:
    """Braces of a mark are never sent."""
    for message in received(composed):
        assert "{{" not in (message.text or "") or "|" not in (message.text or "")


def test_the_set_is_varied() -> None:
    """Five lines of business, deltas and whole summaries, both truths, an overflow, a broken stream, a reconnect."""
    found: Counter[str] = Counter()
    types: Counter[str] = Counter()
    for path in SCENARIOS:
        scenario = load_scenario(path)
        found[scenario.line] += 1
        types += marks(path)
        for step in scenario.script:
            action = step.action
            found[type(action).__name__] += 1
            found[getattr(action, "deliver", "")] += 1
            for sentence in getattr(action, "sentences", ()):
                found[sentence.label or ""] += 1
    wanted = ["telco", "bank", "airline", "retail", "health_insurance", "deltas", "whole", "rest", "flat"]
    wanted += ["grounded", "hallucinated", "ContextWindow", "Raw", "Drop"]
    assert [name for name in wanted if not found[name]] == []
    assert len(types) >= 6
