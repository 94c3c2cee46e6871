"""Errors hold facts, say the way out, and show no text."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest

from harness import errors
from harness.errors import HarnessError

CASES: list[tuple[HarnessError, str]] = [
    (HarnessError("it broke"), "it broke"),
    (HarnessError("it broke", fix="mend it"), "it broke (mend it)"),
    (HarnessError(), ""),
    (
        errors.ConfigError("speed", -1, "a number above 0", fix="pass --speed 1"),
        "speed: -1 is not allowed; expected a number above 0 (pass --speed 1)",
    ),
    (errors.RecordingError("bad", path="a.rec.jsonl", line=3), "a.rec.jsonl:3: bad"),
    (errors.RecordingNotFound("no such file", path=Path("a")), "a: no such file"),
    (
        errors.UnsupportedVersion(path="a", needs=3, supports=1),
        "a:1: needs a reader of format version 3, this one reads 1 (update mediation-harness)",
    ),
    (errors.RecordingTruncated("no seal", path="a"), "a: no seal"),
    (errors.RecordingWriteError("disk full", path="a", fix="make room"), "a: disk full (make room)"),
    (errors.ScenarioError("no such step", path="s.yaml", where="script[3]"), "s.yaml: script[3]: no such step"),
    (errors.ScenarioError("empty", path="s.yaml"), "s.yaml: empty"),
    (errors.UnexpectedMessage("send #2"), "unexpected send #2"),
    (
        errors.UnexpectedMessage("send #2", nearest="send #3", differences=["/a: text", "/b: missing"], fix="look"),
        "unexpected send #2; nearest recorded: send #3; differs in /a: text, /b: missing (look)",
    ),
    (errors.ReplayStalled("send #1", after_s=2), "stalled for 2.0 s, waiting for send #1"),
    (errors.ReplayIncomplete(["a", "b"]), "2 recorded steps were not played: a; b"),
    (errors.ReplayIncomplete("abcdefg"), "7 recorded steps were not played: a; b; c; d; e; and 2 more"),
    (errors.NetworkBlocked("api.host", 443), "a connection to api.host:443 was blocked"),
    (
        errors.AuthError(401),
        "the credentials were not accepted (status 401) (check GENESYS_CLIENT_ID and GENESYS_CLIENT_SECRET)",
    ),
    (errors.AuthError(403, "no", fix="ask"), "no (status 403) (ask)"),
    (
        errors.PermissionDenied("ai:llm:read"),
        "the OAuth client lacks the scope ai:llm:read (grant it to the client and try again)",
    ),
    (errors.RateLimited(None), "the service limits the rate (try again later or lower the rate)"),
    (
        errors.RateLimited(1.5),
        "the service limits the rate; it asks for 1.5 s (try again later or lower the rate)",
    ),
    (errors.ConnectionLost("close 1006"), "the connection was lost: close 1006"),
    (errors.SinkError("k-1"), "the sink did not take the outcome (delivery k-1)"),
]


@pytest.mark.parametrize("error, text", CASES, ids=lambda value: type(value).__name__)
def test_how_an_error_reads(error: HarnessError, text: str) -> None:
    """One line, facts first, the way out behind them."""
    assert str(error) == text
    assert "\n" not in text


def test_facts_are_attributes() -> None:
    """A caller need not read the message."""
    config = errors.ConfigError("speed", -1, "more")
    assert (config.name, config.value, config.allowed, config.fix) == ("speed", -1, "more", "")
    version = errors.UnsupportedVersion(path="a", needs=3, supports=1)
    assert (version.path, version.line, version.needs, version.supports) == (Path("a"), 1, 3, 1)
    wrong = errors.UnexpectedMessage("x", nearest="y", differences=["z"])
    assert (wrong.what, wrong.nearest, wrong.differences) == ("x", "y", ("z",))
    assert errors.ReplayIncomplete(["a"]).unplayed == ("a",)
    assert errors.RateLimited(2.0).retry_after_s == 2.0
    assert errors.SinkError("k").idempotency_key == "k"
    assert errors.ConnectionLost("refused").close == "refused"


def test_the_tree_is_the_one_that_is_drawn() -> None:
    """Every class is exported, is in the docstring, and derives from the base."""
    members = inspect.getmembers(errors, inspect.isclass)
    classes = {name: value for name, value in members if value.__module__ == errors.__name__}
    assert sorted(classes) == sorted(errors.__all__)
    assert all(issubclass(value, HarnessError) for value in classes.values())
    assert [name for name in classes if name not in (errors.__doc__ or "")] == []
    assert issubclass(errors.ConfigError, ValueError)
    assert issubclass(errors.UnsupportedVersion, errors.RecordingFormatError)


def test_every_error_is_shown_here() -> None:
    """A new one needs a line above."""
    shown = {base for error, _ in CASES for base in type(error).__mro__}
    missing = [name for name in errors.__all__ if getattr(errors, name) not in shown]
    assert missing == []
