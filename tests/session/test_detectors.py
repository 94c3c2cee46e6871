"""Detectors from settings."""

from __future__ import annotations

import importlib.metadata
import threading
from collections.abc import Sequence
from typing import Any

import pytest

from harness.errors import ConfigError
from harness.pii import Redactor
from harness.pii.extra import AidedRedactor, DetectorFailed
from harness.session.detectors import Bounded, PresidioDetector, detectors_of, redactor_of
from harness.session.parts import Tools
from harness.settings import load_settings
from harness.text.span import Span


class Fake:
    """Finds the word Zorblax; breaks, or hangs, on request."""

    name = "fake"
    version = "7"

    def __init__(self) -> None:
        self.gate = threading.Event()

    def detect(self, text: str) -> Sequence[Span]:
        if "break" in text:
            raise RuntimeError(f"cannot look at {text}")
        if "hang" in text:
            self.gate.wait(30)
        at = text.find("Zorblax")
        return [] if at < 0 else [Span(at, at + 7, "PERSON")]


class Point:
    """An entry point."""

    def __init__(self, loaded: Any) -> None:
        self.loaded = loaded

    def load(self) -> Any:
        if isinstance(self.loaded, Exception):
            raise self.loaded
        return self.loaded


def test_bounded() -> None:
    """What it raises, and what takes too long, is a segment not looked at; the next one is looked at again."""
    fake = Fake()
    bounded = Bounded(fake, patience_s=0.05)
    with pytest.raises(DetectorFailed) as raised:
        bounded.detect("break")
    assert raised.value.__cause__ is None and not raised.value.args
    with pytest.raises(DetectorFailed):
        bounded.detect("hang")
    fake.gate.set()
    assert Bounded(fake, patience_s=30).detect("Zorblax") == [Span(0, 7, "PERSON")]


def test_entry_points(monkeypatch: pytest.MonkeyPatch) -> None:
    """A detector of another package is found by name, and works through settings; an unknown one is refused."""
    points: dict[str, Point] = {"fake": Point(Fake), "bad": Point(RuntimeError("secret words"))}

    def entry_points(*, group: str, name: str) -> list[Point]:
        assert group == "harness.detectors"
        return [points[name]] if name in points else []

    monkeypatch.setattr(importlib.metadata, "entry_points", entry_points)
    redactor = Tools.of(load_settings(detectors=("fake",))).redactor
    assert redactor.redact("Zorblax came.").text == "[PERSON_REDACTED] came."
    assert [one.version for one in detectors_of(("fake", "fake"))] == ["7"]
    with pytest.raises(ConfigError, match="entry point"):
        detectors_of(("nobody",))
    with pytest.raises(ConfigError) as raised:
        detectors_of(("bad",))
    assert "secret" not in str(raised.value)


def test_none_asked_for() -> None:
    """Without a detector the redactor is the plain one."""
    assert type(redactor_of((), ())) is Redactor
    assert not isinstance(Tools.of(load_settings()).redactor, AidedRedactor)


def test_presidio() -> None:
    """With Presidio installed its recognizers add to ours; without, the error says what to install."""
    try:
        import presidio_analyzer  # noqa: F401
    except ImportError:
        with pytest.raises(ConfigError, match=r"mediation-harness\[presidio\]"):
            PresidioDetector()
        return
    redactor = redactor_of((), ("presidio",))
    text = "My routing slip says 0x32Be343B94f860124dC4fEe278FDCBD38C102D88 and bitcoin 1BoatSLRHtKNngkdXEeobR76b53LETtpyT."
    assert "1Boat" not in redactor.redact(text).text
    assert redactor.redact("Call 628-232-7719.").text == "Call [PHONE_REDACTED]."
