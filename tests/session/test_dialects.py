from __future__ import annotations

import importlib.metadata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.dialects.generic import GenericDialect
from harness.dialects.mediation import MediationDialect
from harness.errors import ConfigError
from harness.recording.entry import Header, Redaction
from harness.session.dialects import dialect_of, find_dialect, one_dialect, stored

TOML = 'name = "captions/1"\n'


class Theirs(GenericDialect):
    """What another package may bring."""


def broken() -> None:
    raise RuntimeError


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three packages' entry points."""
    points = {"theirs": lambda: Theirs('name = "theirs/2"'), "broken": broken}

    class Point:
        def __init__(self, name: str) -> None:
            self.name = name

        def load(self) -> Callable[[], Any]:
            return points[self.name]

    found = [Point(name) for name in points]
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda group: found if group == "harness.dialects" else [])


def header(dialect: str, **labels: str) -> Header:
    redaction = Redaction(state="surrogate")
    return Header(id="x", created="x", tool="x", source="live", dialect=dialect, redaction=redaction, labels=labels)


def test_built_in_names() -> None:
    """With and without their version."""
    assert isinstance(find_dialect("mediation"), MediationDialect)
    assert isinstance(find_dialect("mediation/2"), MediationDialect)
    assert find_dialect("generic") == find_dialect("generic/1") == GenericDialect()


def test_a_description_is_read_and_travels(tmp_path: Path) -> None:
    """Stored in the header's labels, found again without the file."""
    path = tmp_path / "captions.toml"
    path.write_text(TOML)
    dialect = find_dialect(str(path))
    assert stored(dialect) == {"dialect.toml": TOML}
    assert stored(MediationDialect()) == stored(GenericDialect()) == {}
    path.unlink()
    assert dialect_of(header("captions/1", **stored(dialect))) == dialect
    with pytest.raises(ConfigError, match="readable TOML"):
        find_dialect(str(path))


@pytest.mark.usefixtures("installed")
def test_packages_bring_dialects() -> None:
    """By the entry point's name; a recording asks for the version too."""
    assert find_dialect("theirs").name == "theirs/2"
    assert dialect_of(header("theirs/2")).name == "theirs/2"
    for name, words in (
        ("theirs/1", "theirs/2"),
        ("broken", "RuntimeError"),
        ("none", r"mediation, generic, FILE\.toml, broken, theirs"),
    ):
        with pytest.raises(ConfigError, match=words):
            find_dialect(name)


def test_recordings_served_together_agree() -> None:
    """Two dialects cannot be told apart on one port; a name given decides."""
    headers = [header("mediation/2"), header("generic/1")]
    with pytest.raises(ConfigError, match="generic/1 and mediation/2"):
        one_dialect(headers)
    assert isinstance(one_dialect(headers, "generic"), GenericDialect)
    assert isinstance(one_dialect(headers[:1]), MediationDialect)
    assert isinstance(one_dialect([]), MediationDialect)


def test_a_recording_names_no_file(tmp_path: Path) -> None:
    """Recordings are untrusted: a path in the header is refused, not read."""
    (tmp_path / "x.toml").write_text(TOML)
    with pytest.raises(ConfigError, match="named by the recording"):
        dialect_of(header(str(tmp_path / "x.toml")))
