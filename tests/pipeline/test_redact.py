"""Personal data leaves a message before the message leaves the stage."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.dialects.base import Malformed, Other, SummaryDelta, Utterance
from harness.dialects.mediation import MediationDialect
from harness.pii import Redactor
from harness.pipeline.outcome import PathSpan
from harness.pipeline.redact import Redaction, RedactStage

REDACTOR = Redactor()
PHONE = "628-374-9920"
MAIL = "ines.vanter@harrowgate-mail.com"
CARD = "4716 6477 1684 2682"
WORDS = st.sampled_from(["call", "card", "her", "e-mail", "ssn", "ending in", ",", ".", "(", "4", "21", "$", "ext"])
TEXTS = st.lists(st.sampled_from([PHONE, MAIL, CARD, "488-93-8803"]) | WORDS, max_size=12).map(" ".join)


def stage() -> RedactStage:
    return RedactStage(REDACTOR, MediationDialect())


def delta(text: str, index: int, summary_id: str = "s", conversation: str = "c") -> SummaryDelta:
    return SummaryDelta(
        type="summary.delta",
        conversation=conversation,
        seq=index + 1,
        summary_id=summary_id,
        index=index,
        text=text,
        payload={"type": "summary.delta", "text": text},
    )


def utterance(**payload: Any) -> Utterance:
    payload = {"type": "utterance", "text": "", **payload}
    return Utterance(type="utterance", utterance_id="u", speaker="agent", text=payload["text"], payload=payload)


def pieces_of(text: str, cuts: Sequence[int]) -> list[str]:
    places = [0, *sorted(cut % (len(text) + 1) for cut in cuts), len(text)]
    return [text[a:b] for a, b in pairwise(places)]


def redacted(works: Sequence[Redaction]) -> str:
    assert [work.pending for work in works] == [0] * len(works)
    return "".join(work.result()["text"] for work in works)


def test_a_message_that_stands_alone_is_complete_at_once() -> None:
    """Strings, keys and long numbers are replaced; ids, enums and short numbers stay."""
    work = stage().submit(
        utterance(text=f"It's {PHONE}.", utterance_id=PHONE, extra={MAIL: 4716647716842682, "n": 12}), ""
    )
    assert work.pending == 0
    assert work.result() == {
        "type": "utterance",
        "text": "It's [PHONE_REDACTED].",
        "utterance_id": PHONE,
        "extra": {"[EMAIL_REDACTED]": "[CC_REDACTED]", "n": 12},
    }
    assert [(span.path, span.type, span.start, span.end, span.value_id, span.last) for span in work.spans] == [
        ("/text", "PHONE", 5, 17, 1, True),
        (f"/extra/{MAIL}#key", "EMAIL", 0, len(MAIL), 2, True),
        (f"/extra/{MAIL}", "CREDIT_CARD", 0, 16, 3, True),
    ]
    assert work.text("/text", "?") == "It's [PHONE_REDACTED]."
    assert work.text("/type", "utterance") == "utterance"


def test_nothing_is_exempt_in_a_message_of_an_unknown_type() -> None:
    """What is an id elsewhere may be anything here."""
    work = stage().submit(Other(type=PHONE, payload={"type": PHONE, "interaction_id": MAIL}), "")
    assert work.result() == {"type": "[PHONE_REDACTED]", "interaction_id": "[EMAIL_REDACTED]"}


def test_a_value_over_three_pieces_is_one_value() -> None:
    """Its placeholder stands where it begins; the pieces share an id and say where in the value they lie."""
    one = stage()
    works = [one.submit(delta(text, index), "") for index, text in enumerate(["Call 628-", "374", "-9920 now"])]
    assert [work.pending for work in works] == [1, 1, 1]
    one.close("c", "s")
    assert [work.result()["text"] for work in works] == ["Call [PHONE_REDACTED]", "", " now"]
    rule = works[0].spans[0].rule

    def span(start: int, end: int, at: int, last: bool) -> PathSpan:
        return PathSpan(path="/text", start=start, end=end, type="PHONE", rule=rule, value_id=1, at=at, last=last)

    assert [work.spans for work in works] == [[span(5, 9, 0, False)], [span(0, 3, 4, False)], [span(0, 5, 7, True)]]


def test_a_piece_leaves_when_nothing_in_it_can_change_any_more() -> None:
    """The first does while the stream goes on."""
    one = stage()
    first = one.submit(delta(f"Call {PHONE} today and ", 0), "")
    second = one.submit(delta("again at 628", 1), "")
    assert (first.pending, second.pending) == (0, 1)
    assert first.result()["text"] == "Call [PHONE_REDACTED] today and "


def test_streams_of_other_summaries_and_conversations_are_apart() -> None:
    """Closing one leaves the others; what is still open at the end was broken off."""
    one = stage()
    works = [one.submit(delta("628", 0, s, c), "") for c, s in (("c", "s"), ("c", "t"), ("d", "s"))]
    one.close("c", "s")
    one.close("d", "no such summary")
    assert [work.pending for work in works] == [0, 1, 1]
    one.finish()
    assert [work.result()["text"] for work in works] == ["628", "[UNKNOWN_REDACTED]", "[UNKNOWN_REDACTED]"]


@given(TEXTS, st.lists(st.integers(0, 200), max_size=8))
def test_redacted_pieces_together_are_the_redacted_whole(text: str, cuts: list[int]) -> None:
    """However a summary is cut."""
    one = stage()
    works = [one.submit(delta(piece, index), "") for index, piece in enumerate(pieces_of(text, cuts))]
    one.close("c", "s")
    assert redacted(works) == REDACTOR.redact(text).text


@given(TEXTS, st.lists(st.integers(0, 200), max_size=8))
def test_spans_of_pieces_together_are_the_spans_of_the_whole(text: str, cuts: list[int]) -> None:
    """Pieces of one value share its id, lie behind one another, and end with one last piece."""
    one = stage()
    pieces = pieces_of(text, cuts)
    works = [one.submit(delta(piece, index), "") for index, piece in enumerate(pieces)]
    one.close("c", "s")
    values: dict[int, list[tuple[PathSpan, str]]] = {}
    for work, piece in zip(works, pieces, strict=True):
        for span in work.spans:
            values.setdefault(span.value_id, []).append((span, piece[span.start : span.end]))
    assert ["".join(part for _, part in found) for found in values.values()] == [
        text[span.start : span.end] for span in REDACTOR.redact(text).spans
    ]
    for found in values.values():
        lengths = [len(part) for _, part in found]
        assert [span.at for span, _ in found] == [sum(lengths[:i]) for i in range(len(found))]
        assert [span.last for span, _ in found] == [False] * (len(found) - 1) + [True]


@given(st.lists(st.integers(0, 30), min_size=2, max_size=6), st.data())
def test_no_digit_is_left_where_a_piece_is_missing(cuts: list[int], data: st.DataObject) -> None:
    """All digits of the text belong to values: whatever pieces come, in their order, none shows one."""
    pieces = pieces_of(f"card {CARD} or call {PHONE} now", cuts)
    sent = data.draw(st.sets(st.integers(0, len(pieces) - 1)))
    one = stage()
    works = [one.submit(delta(pieces[index], index), "") for index in sorted(sent)]
    one.finish()
    assert not [char for char in redacted(works) if char.isdigit()]


def test_a_torn_stream_masks_what_was_open_and_what_follows() -> None:
    """What was certain stays; tearing it again does nothing; other conversations go on."""
    one = stage()
    first, other = one.submit(delta("Call 628", 0), ""), one.submit(delta("Call 628", 0, conversation="d"), "")
    one.tear("c")
    one.tear("c")
    second, empty = one.submit(delta("9920 now", 2), ""), one.submit(delta("", 3), "")
    assert other.pending == 1
    one.finish()
    assert redacted([first, second]) == "[UNKNOWN_REDACTED][UNKNOWN_REDACTED]"
    assert [(span.start, span.end, span.rule) for span in first.spans] == [(0, 8, "torn")]
    assert [(span.start, span.end, span.rule) for span in second.spans] == [(0, 8, "out-of-order")]
    assert (empty.result()["text"], empty.spans) == ("", [])
    assert other.result()["text"] == "[UNKNOWN_REDACTED]"
    assert other.spans[0].rule == "torn"


def test_tearing_a_settled_stream_masks_nothing_of_it() -> None:
    """Nothing was held."""
    one = stage()
    work = one.submit(delta("All is well. ", 0), "")
    one.tear("c")
    assert (work.result()["text"], work.spans) == ("All is well. ", [])


def test_a_piece_alone_is_unknown() -> None:
    """Its other strings are searched as ever."""
    event = delta("628-", 4)
    event.payload["note"] = f"see {MAIL}"
    work = stage().submit_alone(event)
    assert work.result()["text"] == "[UNKNOWN_REDACTED]"
    assert work.result()["note"] == "see [EMAIL_REDACTED]"


@pytest.mark.parametrize("text", ["628-", 6283749, ["628-"], {"628": "-374"}])
def test_a_malformed_piece_is_unknown_and_tears(text: Any) -> None:
    """Its text may be half a value, whatever its form, and so may what was open before it."""
    one = stage()
    first = one.submit(delta("Call 628-", 0), "")
    payload = {"type": "summary.delta", "text": text}
    work = one.submit(Malformed(reason="schema", conversation="c", payload=payload), "")
    assert not [char for char in json.dumps([first.result(), work.result()]) if char.isdigit()]
    assert first.pending == 0


def test_a_malformed_message_of_another_type_tears_nothing() -> None:
    """It is no piece of a summary."""
    one = stage()
    first = one.submit(delta("Call 628-", 0), "")
    one.submit(Malformed(reason="schema", conversation="c", payload={"type": "utterance"}), "")
    assert first.pending == 1


@pytest.mark.parametrize(
    "raw, expected",
    [
        (f'{{"text":"{PHONE}', '{"text":"[PHONE_REDACTED]'),
        ('{"text":"ines.vanter\\u0040harrowgate-mail.com', '{"text":"[EMAIL_REDACTED]'),
        ('"\\u0036\\u0032\\u0038-374-992\\u0030" {', '"[PHONE_REDACTED]" {'),
        (f"{PHONE} \\u00e9 {MAIL}", "[PHONE_REDACTED] é [EMAIL_REDACTED]"),
        ("\\ud83d lone", "? lone"),
        ("ping", "ping"),
    ],
)
def test_what_is_not_json_is_searched_as_it_came_and_unescaped(raw: str, expected: str) -> None:
    """Spans count in the text as it came, so that a recording can be cleaned by them."""
    work = stage().submit(Malformed(reason="not_json"), raw)
    assert work.result() == expected
    shown = raw
    for span in reversed(work.spans):
        assert span.path == ""
        shown = shown[: span.start] + shown[span.end :]
    assert not REDACTOR.detect(shown.encode().decode("unicode_escape", "replace"))


def test_a_value_seen_both_ways_is_one_span() -> None:
    """The wider one of two that overlap."""
    work = stage().submit(Malformed(reason="not_json"), "x@peatmoor-mail.com\\u006d y")
    assert [(span.start, span.end) for span in work.spans] == [(0, 25)]
    assert work.result() == "[EMAIL_REDACTED] y"


def test_bytes_and_giants_are_replaced_unseen() -> None:
    """Their size is all that is told."""
    assert stage().submit(Malformed(reason="binary"), b"ssn 488-93-8803").result() == "[BINARY_REDACTED] 15 bytes"
    assert stage().submit(Malformed(reason="too_large"), PHONE).result() == "[OVERSIZE_REDACTED] 12 characters"


def test_what_is_held_is_counted() -> None:
    """After each piece of a stream, and none where a piece or a message stands alone."""
    one = stage()
    works = [one.submit(delta(piece, index), "") for index, piece in enumerate(("all went well. Call 628-", "271-44"))]
    assert [work.held for work in works] == [9, 15]
    torn = one.submit(delta("32", 5), "")
    assert (torn.held, one.submit_alone(delta("32", 5)).held) == (None, None)


def test_a_value_is_known_in_what_comes_later() -> None:
    """In later lines, in a summary's pieces however cut, and in its whole; another conversation knows nothing."""
    one = stage()
    one.submit(utterance(text="My bank account number is 80217744365 and my pin is 4417."), "")
    assert one.submit(utterance(text="So 80217744365?"), "").result()["text"] == "So [BANK_ACCOUNT_REDACTED]?"
    event = utterance(text="So 80217744365?")
    assert stage().submit(event, "").result()["text"] == event.text
    summary = "They confirmed 80217744365 twice, eight oh two one seven seven four four three six five. 4417."
    for size in (1, 3, 7, 40):
        works = [
            one.submit(delta(summary[at : at + size], index, f"s{size}", ""), "")
            for index, at in enumerate(range(0, len(summary), size))
        ]
        one.close("", f"s{size}")
        done = "They confirmed [BANK_ACCOUNT_REDACTED] twice, [BANK_ACCOUNT_REDACTED]. [PIN_REDACTED]."
        assert redacted(works) == done
