"""The pieces of a text."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from harness.dialects.mediation import MediationDialect
from harness.recording.entry import PiiLabel, WsMessage
from harness.report.labels import Label
from harness.session.shrink.words import pieces_of, texts_of, whole_of, without


@given(st.text(alphabet="ab .\n", max_size=30), st.tuples(st.integers(0, 15), st.integers(0, 15)))
def test_pieces_are_the_text_and_part_no_value(text: str, place: tuple[int, int]) -> None:
    """Pieces cover the text once, in order, and none ends within a value."""
    start, end = min(*place, len(text)), min(max(place), len(text))
    pieces = pieces_of(text, [(start, end)] if start < end else [])
    assert "".join(text[low:high] for low, high in pieces) == text
    assert not any(start < cut < end for low, high in pieces for cut in (low, high))


def test_a_value_in_a_labelled_sentence_does_not_part_it() -> None:
    """Where places lie within each other, the larger one is a piece."""
    text = "One two. Call 555 0100 now. End."
    pieces = pieces_of(text, [(9, 27), (14, 22)])
    assert [text[low:high] for low, high in pieces] == ["One ", "two. ", "Call 555 0100 now. ", "End."]


def test_what_goes_is_joined() -> None:
    """Neighbouring pieces that go are one cut."""
    pieces = pieces_of("a b c d", [])
    assert without(pieces, [pieces[2]]) == [(0, 4), (6, 7)]


def test_ids_are_no_texts() -> None:
    """Ids, enums and keys are not shortened, nor is a single word; what is no JSON is one text."""
    said = {"type": "utterance", "interaction_id": "a b", "seq": 1, "utterance_id": "u 1", "speaker": "customer"}
    whole = json.dumps({**said, "text": "x y", "is_final": True, "note": "z"})
    dialect = MediationDialect()
    found = list(texts_of(WsMessage(n=1, t=0, conn="w1", dir="in", text=whole), dialect))
    assert found == [("/text", "x y")]
    broken = WsMessage(n=1, t=0, conn="w1", dir="in", text="no json")
    assert list(texts_of(broken, dialect)) == [("", "no json")]


def test_spans_and_labels_are_whole() -> None:
    """What the recorder marked and what labels mark is not parted."""
    entry = WsMessage(
        n=1, t=0, conn="w1", dir="in", pii=(PiiLabel(type="PHONE", start=2, end=5, id="s1", path="/text"),)
    )
    labels = [
        Label(id="a", conversation="c", kind="span", path="/text", start=7, end=9),
        Label(id="b", conversation="c", kind="span", path="/other", start=1, end=2),
        Label(id="c", conversation="c", kind="message", path="/text"),
    ]
    assert whole_of(entry, "/text", labels) == [(2, 5), (7, 9)]
