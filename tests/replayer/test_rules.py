"""Ignored paths, wildcards and bound ids."""

from __future__ import annotations

import json
from typing import Any

import pytest

from harness.errors import ConfigError
from harness.replayer.match import Level, compare
from harness.replayer.rules import Bound, Rules, Sessions, parse_wildcard

UUID = "6f9619ff-8b86-4d01-b42d-00c04fc964ff"
WILD = [
    ("uuid", UUID, True),
    ("uuid", "6f9619ff", False),
    ("uuid", 5, False),
    ("iso8601", "2026-03-14T10:20:30.5Z", True),
    ("iso8601", "2026-03-14", True),
    ("iso8601", "2026-13-14", False),
    ("string", "any", True),
    ("string", None, False),
    ("number", -3.5, True),
    ("number", True, False),
    ("number~0.5", 10.4, True),
    ("number~0.5", 10.6, False),
    ("regex:[a-c]+=", "abc=", True),
    ("regex:[a-c]+", "abcd", False),
]


@pytest.mark.parametrize("kind,sent,accepted", WILD)
def test_wildcards(kind: str, sent: Any, accepted: bool) -> None:
    """A value of the kind passes, another is a difference that names path and kind."""
    rules = Rules(wildcards=dict([parse_wildcard(f"/a/*={kind}")]))
    found = compare('{"a":[10]}', json.dumps({"a": [sent]}), rules=rules)
    assert (found == ()) == accepted
    assert all(str(one).startswith("/a/0: no ") for one in found)


@pytest.mark.parametrize("text", ["/a", "a=uuid", "/a=colour", "/a=regex:(", "/a=number~x", "/a=uuid~3"])
def test_wildcards_that_are_none(text: str) -> None:
    """What cannot be read is refused."""
    with pytest.raises(ConfigError):
        parse_wildcard(text)


def test_ignored_paths_may_have_stars() -> None:
    """A star is any member, missing and extra ones too."""
    rules = Rules(ignore=["/turns/*/at", "/extra"])
    assert compare('{"turns":[{"at":1,"x":2}]}', '{"turns":[{"x":2}],"extra":1}', rules=rules) == ()
    assert compare('{"turns":[{"at":1,"x":2}]}', '{"turns":[{"x":3}]}', rules=rules) != ()
    with pytest.raises(ConfigError):
        Rules(ignore=["turns"])


def test_an_id_is_captured_and_stands_for_the_recorded_one() -> None:
    """Captured only by a message that matches; from then on wanted everywhere, and put into what is answered."""
    rules, bound = Rules(bind=["/id"]), Bound()
    assert compare('{"id":"r1","x":1}', '{"id":"live","x":2}', rules=rules, bound=bound) != ()
    assert bound.live == {}
    assert compare('{"id":"r1","x":1}', '{"id":"live","x":1}', rules=rules, bound=bound) == ()
    assert bound.of("r1") == "live"
    assert compare('{"ref":"r1"}', '{"ref":"live"}', rules=rules, bound=bound) == ()
    assert compare('{"ref":"r1"}', '{"ref":"else"}', level=Level.STRICT, rules=rules, bound=bound) != ()
    assert bound.put_into('{"id":"r1","say":"r1 said \\"r1\\""}') == '{"id":"live","say":"r1 said \\"r1\\""}'
    assert compare('{"id":"r1","id2":"r1"}', '{"id":"a","id2":"b"}', rules=Rules(bind=["/*"])) != ()


def test_sessions() -> None:
    """A live conversation is known by what it captured."""
    sessions, bound = Sessions(), Bound()
    sessions.keep("live", "r1", bound)
    assert sessions.of("live")[0] == "live"
    bound.live["r1"] = "live"
    sessions.keep("live", "r1", bound)
    sessions.keep(None, "r1", bound)
    assert sessions.of("live") == ("r1", bound)
    assert sessions.of(None)[0] is None
