"""Where faults can be put, and where they cannot: a fault that would change nothing is a mistake."""

from __future__ import annotations

import json
from typing import Any

import pytest

from harness.errors import ConfigError
from harness.recording.entry import WsMessage
from harness.replayer.exchanges import exchanges_of
from harness.replayer.faults import faulty_exchanges, faulty_tracks, parse_fault
from harness.replayer.steps import Action, Track, tracks_of


def put(tape: Any, *faults: str, seed: int = 0) -> list[Track]:
    """The connections of a tape as they are played with faults."""
    tracks = tracks_of("t", tape.recording().entries)
    return faulty_tracks([tracks], [parse_fault(one) for one in faults], seed)[0]


def texts(track: Track) -> list[Any]:
    return [step.data for step in track.steps if step.action is Action.SEND]


@pytest.fixture
def plain(tape: Any, sub: Any) -> Any:
    """One connection: a number, a text that is no JSON, an object without a type, and the end."""
    one = tape("plain").opened().sends(sub("i-1"), 0)
    return one.gets("12", 1).gets("hello", 2).gets({"a": 1}, 3).gets({"type": "end"}, 4)


MEMBERS = "deep huge_int nan lone_surrogate duplicate_keys oversize extra_field".split()
OBJECTS = [*MEMBERS, "missing_field", "unknown_enum", "type_change", "partial_never_final", "error_type"]


@pytest.mark.parametrize("place", ["count:1", "count:2"])
@pytest.mark.parametrize("name", OBJECTS)
def test_no_object_there(plain: Any, name: str, place: str) -> None:
    """What is changed in an object needs one."""
    with pytest.raises(ConfigError, match="a place where a JSON object is"):
        put(plain, f"{name}:at={place}")


@pytest.mark.parametrize("name", ["missing_field", "unknown_enum", "type_change"])
def test_no_such_member(plain: Any, name: str) -> None:
    """What is changed in a member needs that member; the seed draws a place that has it."""
    with pytest.raises(ConfigError, match="a message with such a member"):
        put(plain, f"{name}:field=b,at=count:3")
    with pytest.raises(ConfigError, match="a place that is in the recording"):
        put(plain, f"{name}:field=b")
    for seed in range(5):
        (track,) = put(plain, f"{name}:field=a", seed=seed)
        assert texts(track)[2] != json.dumps({"a": 1})


def test_an_enum_nobody_has(plain: Any) -> None:
    """An object without a member that is an enumeration has no unknown value to take."""
    with pytest.raises(ConfigError, match="a message with such a member"):
        put(plain, "unknown_enum:at=count:3")


@pytest.mark.parametrize("fault", ["reorder:at=type:end", "late_after_end:at=type:end", "summary_late:at=type:end"])
def test_nothing_comes_behind(plain: Any, fault: str) -> None:
    """The last message cannot come later."""
    with pytest.raises(ConfigError, match="a place with messages behind it"):
        put(plain, fault)


@pytest.mark.parametrize("name", ["reorder", "late_after_end"])
def test_the_seed_draws_a_place_with_more_behind(plain: Any, name: str) -> None:
    """Without a place, one is drawn where the fault changes something."""
    for seed in range(8):
        (track,) = put(plain, name, seed=seed)
        assert texts(track) != texts(put(plain)[0])


def test_a_binary_message_is_no_text(tape: Any, sub: Any) -> None:
    """Faults in a text need a text."""
    one = tape("binary").opened().sends(sub("i-1"), 0)
    one.add(WsMessage(n=one.n, t=1, conn="w1", dir="in", base64="AA=="))
    with pytest.raises(ConfigError, match="a place where a text message is"):
        put(one, "malformed_json:at=count:1")


def test_faults_on_a_fault(plain: Any) -> None:
    """A fault is put in what the ones before it left, and one that no longer fits is told."""
    (track,) = put(plain, "extra_field:at=count:3", "type_change:field=fault,at=count:3")
    assert json.loads(texts(track)[2]) == {"a": 1, "fault": ["extra"]}
    with pytest.raises(ConfigError, match="a place where a JSON object is"):
        put(plain, "malformed_json:at=count:3", "extra_field:at=count:3")


@pytest.mark.parametrize("fault", ["rechunk:at=type:end", "rechunk:at=count:1"])
def test_rechunk_needs_a_delta(plain: Any, fault: str) -> None:
    """Only the pieces of a summary can be cut elsewhere."""
    with pytest.raises(ConfigError, match=r"a place where a summary\.delta is"):
        put(plain, fault)


def test_wrong_boundaries(call: Any) -> None:
    """Boundaries are offsets."""
    with pytest.raises(ConfigError, match=r"offsets joined by \+"):
        put(call(), "rechunk:boundaries=3+x")


@pytest.mark.parametrize(
    "fault,words", [("drop:code=99", "a close code"), ("restart:at=time:99", "a place that is in")]
)
def test_wrong_values(plain: Any, fault: str, words: str) -> None:
    """A code that is none, and a time after the end."""
    with pytest.raises(ConfigError, match=words):
        put(plain, fault)


@pytest.mark.parametrize("status", [200, 101])
def test_a_refusal_is_no_success(plain: Any, status: int) -> None:
    """A handshake is not refused with a status that accepts it."""
    with pytest.raises(ConfigError, match="a status from 300 to 599"):
        put(plain, f"handshake_5xx:status={status}")


@pytest.mark.parametrize("at,refused", [("conn:w2", "w2"), ("entry:8", "w2"), ("type:end", "w1")])
def test_which_handshake(plain: Any, at: str, refused: str) -> None:
    """A connection is named by its name, by the entry it begins with, or by what comes on it."""
    plain.opened(10, conn="w2")
    tracks = put(plain, f"handshake_403:at={at}")
    assert [(track.conn, track.refusal is not None) for track in tracks] == (
        [("w1", False), ("w2", True), ("w2", False)]
        if refused == "w2"
        else [("w1", True), ("w1", False), ("w2", False)]
    )


def test_every_match_from_the_second_on(call: Any) -> None:
    """``nth`` is the first that is taken, ``times`` how many."""
    (track,) = put(call(), "extra_field:at=type:utterance,nth=2,times=3")
    assert [i for i, text in enumerate(texts(track)) if "fault" in json.loads(text)] == [2, 3, 4]
    (track,) = put(call(), "extra_field:at=type:utterance,nth=5,times=all")
    assert [i for i, text in enumerate(texts(track)) if "fault" in json.loads(text)] == [5, 6]


def asked(call: Any, fault: str) -> list[str]:
    exchanges = exchanges_of("t", call.recording().entries)
    return [one.fault for one in faulty_exchanges(exchanges, [parse_fault(fault)], 0, retry_date="D GMT")]


def test_places_of_requests(call: Any) -> None:
    """A request is named by its entry or the end of its path; others are no places of requests."""
    n = next(entry.n for entry in call().entries if type(entry).__name__ == "HttpRequest")
    for at in (f"entry:{n}", "path:/validate"):
        assert asked(call(), f"429:at={at}") == [f"429:at={at}", ""]
    for at in ("entry:1", "path:/other", "type:end"):
        with pytest.raises(ConfigError, match="a place that is in the recording"):
            asked(call(), f"5xx:at={at}")
