"""The file that keeps parcels."""

from __future__ import annotations

import contextlib
import sqlite3
import stat
from pathlib import Path

import pytest

from harness.errors import ConfigError
from harness.sinks.base import Parcel
from harness.sinks.outbox import Outbox


def parcel(number: int, *, text: str = "Grüße.", kind: str = "delivery", conversation: str = "c-1") -> Parcel:
    body = {"summary": text, "n": number}
    return Parcel(key=f"k{number}", kind=kind, conversation=conversation, number=number, body=body)  # type: ignore[arg-type]


@pytest.fixture
def outbox(tmp_path: Path) -> Outbox:
    return Outbox(tmp_path / "outbox.sqlite3")


def test_kept_once(outbox: Outbox, tmp_path: Path) -> None:
    """A parcel is pending for every sink until it is settled, also for a process that comes later; a key is kept once."""
    assert outbox.put(parcel(1), ["a", "b"], "t0") and outbox.put(parcel(2), ["a"], "t1")
    assert not outbox.put(parcel(1), ["a"], "t2")
    outbox.settle(1, "a", "done", "", "t3")
    outbox.close()
    again = Outbox(tmp_path / "outbox.sqlite3")
    assert [one.parcel.number for one in again.pending("a", 9)] == [2]
    assert [one.parcel.body for one in again.pending("b", 9)] == [{"summary": "Grüße.", "n": 1}]
    assert again.pending("a", 9, after=2) == []
    assert again.counts() == {"a": {"done": 1, "pending": 1}, "b": {"pending": 1}}
    assert stat.S_IMODE((tmp_path / "outbox.sqlite3").stat().st_mode) == 0o600


def test_search(outbox: Outbox) -> None:
    """By text whatever its case, conversation, kind and state; wildcards of SQL mean nothing."""
    outbox.put(parcel(1, text="Refund of 5 % GRANTED"), ["a"], "t0")
    outbox.put(parcel(2, text="Refund denied", conversation="c-2"), ["a"], "t0")
    outbox.put(parcel(3, kind="quarantine"), ["q"], "t0")
    outbox.settle(2, "a", "dead", "it said no", "t9")

    def keys(**by: str) -> list[str]:
        return [one.key for one in outbox.stored(**by)]  # type: ignore[arg-type]

    assert keys(search="granted") == ["k1"] and keys(search="REFUND") == ["k1", "k2"] and keys(search="%") == ["k1"]
    assert keys(conversation="c-2") == ["k2"] and keys(kind="quarantine") == ["k3"] and keys(state="dead") == ["k2"]
    assert len(outbox.stored(limit=2)) == 2
    dead = outbox.stored(state="dead")[0]
    assert dead.sinks == {"a": {"state": "dead", "attempts": 1, "problem": "it said no", "settled": "t9"}}


def test_revived(outbox: Outbox) -> None:
    """Dead letters become pending again: all, those named, or those of one sink."""
    for number in (1, 2, 3):
        outbox.put(parcel(number), ["a", "b"], "t0")
        outbox.settle(number, "a", "dead", "no", "t1")
    outbox.settle(3, "b", "dead", "no", "t1")
    assert outbox.revive(["k1"]) == 1 and outbox.pending("a", 9)[0].attempts == 0
    assert outbox.revive(sink="b") == 1 and outbox.revive() == 2 and outbox.revive() == 0


def test_text_that_is_not_unicode(outbox: Outbox) -> None:
    """A lone surrogate is kept as JSON keeps it."""
    outbox.put(parcel(1, text="x\ud800"), ["a"], "t0")
    assert outbox.pending("a", 1)[0].parcel.body["summary"] == "x\ud800"


def test_not_an_outbox(tmp_path: Path) -> None:
    """Another file, another version, a missing one: each is refused with the way out, and not touched."""
    other = tmp_path / "other"
    other.write_text("not a database, but long enough to be taken for one" * 20)
    with pytest.raises(ConfigError, match="outbox"):
        Outbox(other)
    newer = tmp_path / "newer"
    sqlite3.connect(newer).execute("PRAGMA user_version = 9").connection.close()
    with pytest.raises(ConfigError, match="outbox"):
        Outbox(newer)
    with pytest.raises(ConfigError, match="folder of a run"):
        Outbox(tmp_path / "missing", create=False)
    assert not (tmp_path / "missing").exists()
    with pytest.raises(ConfigError, match="outbox"):
        Outbox(tmp_path / "no" / "folder")


def test_all_or_nothing(outbox: Outbox) -> None:
    """A parcel that cannot be kept for one sink is not kept at all."""
    with pytest.raises(sqlite3.Error):
        outbox.put(parcel(1), ["a", None], "t0")  # type: ignore[list-item]
    assert outbox.stored() == []


@pytest.mark.parametrize("made", [b"", None])
def test_looking_makes_no_outbox_of_another_file(tmp_path: Path, made: bytes | None) -> None:
    """An empty file and another database are refused, byte for byte as they were."""
    path = tmp_path / "other"
    if made is None:
        with contextlib.closing(sqlite3.connect(path)) as db:
            db.execute("CREATE TABLE runs (a)")
    else:
        path.write_bytes(made)
    before = path.read_bytes()
    with pytest.raises(ConfigError, match="outbox"):
        Outbox(path, create=False)
    assert path.read_bytes() == before
