"""What moves when parts are taken out."""

from __future__ import annotations

from dataclasses import replace

from harness.report.labels import Label
from harness.session.shrink.material import Material
from harness.session.shrink.moved import Seqs, edited, moved_labels


def test_holes_of_the_recording_stay(gift: Material) -> None:
    """Numbers close up over what is taken out, not over what was missing before."""
    places = dict(gift.places)
    hole = next(n for n, place in places.items() if place[1] == 5)
    del places[hole]
    gift.__dict__["places"] = places
    (name,) = {place[0] for place in places.values()} - {""}
    kept = {n for n, (_, seq) in places.items() if seq in (1, 4, 8)}
    seqs = Seqs(gift, kept)
    assert [seqs.of(name, seq) for seq in (1, 4, 8)] == [1, 2, 4]
    assert seqs.up_to(name, 6) == 3
    assert seqs.of("another", 9) == 9


def test_labels_go_with_their_messages(gift: Material) -> None:
    """A label of a message without seq gets its new number; one of a message that is gone goes; summaries made over REST stay."""
    (name,) = {place[0] for place in gift.places.values()} - {""}
    labels = [
        Label(id="a:m2", kind="message", conversation=name),
        Label(id="b:m3", kind="message", conversation=name),
        Label(id="rest", kind="sentence", start=0, end=4, path="/summary", conversation=name),
        Label(id="gone", kind="span", seq=4, start=0, end=4, path="/text", conversation=name),
        Label(id="cut", kind="span", seq=3, start=2, end=4, path="/text", conversation=name),
    ]
    material = replace(gift, labels=labels)
    third = gift.inbound[2]
    found = moved_labels(material, [third], {(third.n, "/text"): [(0, 5)]}, Seqs(material, {third.n}))
    assert [one.id for one in found] == ["b:m1", "rest"]


def test_no_change_is_the_same_entry(gift: Material) -> None:
    """A message nothing is done to is not written anew."""
    entry = gift.inbound[0]
    assert edited(entry, {}) is entry  # type: ignore[arg-type]  # the first message is one of the stream
