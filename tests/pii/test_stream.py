"""The stream laws: chunk invariance, prefixes, settled, hold-back, idempotence."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.pii.book import NameBook
from harness.pii.chains import OVERSIZE
from harness.pii.segment import CAP, HELD_MAX
from harness.pii.stream import Redactor
from harness.text.span import Span

REDACTOR = Redactor()
ATOMS = [
    "628-271-4432", "(628) 271 4432", "+44 20 7612 3388", "4539578763621486", "4539 5787 6362 1486", "kim@kestrel.io",
    "GB33BUKB20201555555555", "84.17.60.201", "536-22-1478", "call ", "my card ", "phone: ", "ssn ", "order ", "ext 12",
    "x3", " ", "   ", "\n", ", ", ".", "/", "-", "(", ")", "+", "0", "12", "1234", "office", '"', "[PHONE_REDACTED]",
    "é", "１", "\u200b", "は", "@", "::", "2a02:26f0:12::5", "2026-03-14", "10:30", "$", "271 4432", "😀", "\ud800",
]  # fmt: skip
SOUP = st.lists(st.sampled_from(ATOMS), max_size=16).map("".join)
LONG = st.builds(lambda text, times: text * times, SOUP, st.integers(1, 80))
TEXTS = SOUP | LONG | st.text(max_size=80)


def pieces(text: str, sizes: list[int]) -> list[str]:
    """Cut ``text`` in pieces of these sizes, again and again."""
    out = []
    index = 0
    while text:
        size = sizes[index % len(sizes)]
        out.append(text[:size])
        text = text[size:]
        index += 1
    return out


@given(TEXTS, st.lists(st.integers(1, 60), min_size=1, max_size=5))
def test_chunking_changes_nothing(text: str, sizes: list[int]) -> None:
    """Any chunking gives the batch's text and spans, every output is a prefix, and little is held."""
    whole = REDACTOR.redact(text)
    stream = REDACTOR.stream()
    out = ""
    for piece in pieces(text, sizes):
        out += stream.feed(piece)
        assert whole.text.startswith(out)
        assert stream.held <= HELD_MAX
    assert out + stream.finish() == whole.text
    assert stream.spans == whole.spans


@given(TEXTS, st.lists(st.integers(1, 60), min_size=1, max_size=5))
def test_settled_is_a_promise(text: str, sizes: list[int]) -> None:
    """No span begins before an earlier ``settled``, and reported ones end within the present one."""
    stream = REDACTOR.span_stream()
    seen: list[Span] = []
    for piece in [*pieces(text, sizes), None]:
        before = stream.settled
        spans = stream.finish() if piece is None else stream.feed(piece)
        assert all(before <= span.start < span.end <= stream.settled for span in spans)
        seen += spans
    assert stream.settled == len(text)
    assert seen == REDACTOR.detect(text)


@given(TEXTS)
def test_redacting_twice_changes_nothing(text: str) -> None:
    """Redaction is idempotent."""
    once = REDACTOR.redact(text).text
    assert REDACTOR.redact(once).text == once


@given(TEXTS)
def test_spans_are_sorted_and_apart(text: str) -> None:
    """Spans are in order, not empty, not overlapping."""
    spans = REDACTOR.detect(text)
    assert all(a.end <= b.start for a, b in pairwise(spans))
    assert all(0 <= s.start < s.end <= len(text) for s in spans)


def test_a_number_goes_on_in_the_next_utterance() -> None:
    """A boundary is a soft separator of no width."""
    stream = REDACTOR.span_stream()
    found = stream.feed("my number is 628 271")
    stream.boundary()
    found += stream.feed("4432 thanks")
    found += stream.finish()
    assert [(s.start, s.end, s.type) for s in found] == [(13, 24, "PHONE")]


def test_boundary_of_a_text_stream() -> None:
    """The redacting stream has the same boundary."""
    stream = REDACTOR.stream()
    out: str = stream.feed("mail kim@kestrel.io")
    stream.boundary()
    out += stream.feed("com or so")
    assert out + stream.finish() == "mail [EMAIL_REDACTED]com or so"


@pytest.mark.parametrize("size", [CAP - 1, CAP, CAP + 1, 3 * CAP])
@pytest.mark.parametrize("atom", ["a", "7", "é", "7 "])
def test_what_cannot_be_seen_whole_is_masked(atom: str, size: int) -> None:
    """A token or a row of numbers as long as the cap is masked to its end, a shorter one is not."""
    row = (atom * size)[: size + size % 2 - 1] if atom == "7 " else atom * size
    text = f"so {row} and on"
    spans = [span for span in REDACTOR.detect(text) if span.type == OVERSIZE]
    if len(row) < CAP:
        assert not spans
    else:
        assert spans[0].start == 3
        assert REDACTOR.redact(text).text.endswith("] and on")


def test_rulers_are_not_masked() -> None:
    """A long row without a letter or digit stays."""
    text = "-" * 1000 + " end " + "=" * (CAP + 5) + "a kim@kestrel.io"
    assert REDACTOR.redact(text).text == text.replace("kim@kestrel.io", "[EMAIL_REDACTED]")


def test_a_value_after_a_masked_row_is_found() -> None:
    """Masking ends where the row ends."""
    text = "x" * 900 + " then kim@kestrel.io"
    assert REDACTOR.redact(text).text.endswith("] then [EMAIL_REDACTED]")


def test_the_digest_names_the_rules() -> None:
    """The policy digest is stable and the rules are open to view."""
    assert REDACTOR.policy_digest == Redactor(REDACTOR.rules).policy_digest
    assert REDACTOR.policy_digest.startswith("sha256:")


@pytest.mark.parametrize("end", ["", " and all is well here", " call 628-271-4432 now", " one moment"])
def test_the_conversation_learns_names_however_the_text_ends(end: str) -> None:
    """Also where nothing is looked at any more at its end."""
    book = NameBook()
    stream = REDACTOR.stream(names=book)
    for piece in pieces("my name is Zorblatt Quenby, as I said" + end, [4]):
        stream.feed(piece)
    stream.finish()
    assert book.knows("zorblatt")
