"""The second opinion: what it must see, and what it must let pass."""

from __future__ import annotations

import ast
import inspect
import itertools
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.pii import scan
from harness.pii.heard import ValueBook
from harness.pii.scan import leaks
from harness.pii.scan_gate import digits_in
from harness.pii.stream import Redactor

LEFT = [
    ("mail kim@kestrel.io", "EMAIL"), ("x 4539578763621486 y", "CREDIT_CARD"), ("3714 496353 98431", "CREDIT_CARD"),
    ("2223 0031 2200 3222", "CREDIT_CARD"), ("536-22-1478", "SSN"), ("GB33 BUKB 2020 1555 5555 55", "IBAN"),
    ("x 4539578763621486.0 y", "CREDIT_CARD"), ("4.539578763621486e15", "CREDIT_CARD"), ("4.539578763621486E+15", "CREDIT_CARD"),
    ("-4539578763621486", "CREDIT_CARD"), ("/pay?card=4539578763621486&x=1", "CREDIT_CARD"),
    ("visa 3056 930902 5904", "CREDIT_CARD"), ("call me at 6282714432", "PHONE"), ("phone: 020 7612 3388", "PHONE"),
    ("+1 628 271 4432", "PHONE"), ("+44 (0)20 7612 3388", "PHONE"), ("628-271-4432/x", "PHONE"), ("iban de75512108001245126199", "IBAN"),
    ("2a02:26f0:12::5", "IP"), ("3C:84:6A:1F:0B:92", "MAC"), ("3c84.6a1f.0b92", "MAC"), ("the car is 1HGCM82633A004352", "VIN"),
    ("it's AB123456C", "NATIONAL_ID"), ("529.982.247-25", "NATIONAL_ID"), ("1BoatSLRHtKNngkdXEeobR76b53LETtpyT", "CRYPTO"),
    ("0x52908400098527886E0F7030069857D2E4169EE7", "CRYPTO"), ("see https://a.kestrel.io/x?id=4&sig=ab12cd34", "URL_WITH_TOKEN"),
    ("AKIA2E0A8F3B244C9986", "SECRET"), ("sk_live_7hQ2mZx81LkPw0Rt", "SECRET"),
    ("(628) 271-4432", "PHONE"), ("+44 20 7612 3388", "PHONE"), ("ip 84.17.60.201", "IP"), ("６２８-２７１-４４３２", "PHONE"),
]  # fmt: skip
PASS = [
    "", "plain words", "[PHONE_REDACTED]", "a@example.com", "section 3.2.1.4", "build 4.18.0.1", "1-800-271-4432",
    "9578763621486001", "4539 5787 6362 1487", "3714 496353 98432", "371449635398431 7"[:14], "000-22-1478",
    "order 536-22-1478", "GB33 BUKB 2020 1555 5555", "GB34 BUKB 2020 1555 5555 55", "+1 628 271 443", "84.17.60.256",
    "k***m@kestrel.io", "[A12_REDACTED]", "371449635398431"[:13], "5 @ 7", "4716647716842682.5", "4.5e12", "order 6282714432", "call 1-800-271-4432", "phone 111-111-1111"[:9],
    "d41d8cd98f00b204e9800998ecf8427e", "9f1c2a7e-4c53-4b8a-9a31-77d0c1c1b2aa", "1HGCM82633A004353", "529.982.247-26", "9996123456789012.0"[:3],
    "https://kestrel.io/help?page=12", "00:00:00:00:00:00", "10:30:15:20:22:11", "tracking 1Z999AA10123456784", "50% off, 100%ab", "3 to 4 dot com",
]  # fmt: skip


@pytest.mark.parametrize(("text", "type_"), LEFT)
def test_leaks_are_seen(text: str, type_: str) -> None:
    """Each structured type is reported; once redacted, nothing is."""
    assert {span.type for span in leaks(text)} == {type_}
    assert leaks(Redactor().redact(text).text) == []


@pytest.mark.parametrize("text", PASS)
def test_what_passes(text: str) -> None:
    """Placeholders, surrogates, negatives and broken checks are no leaks."""
    assert leaks(text) == []


@pytest.mark.parametrize("index", range(len(scan._SCANS)))
@settings(max_examples=4)
@given(data=st.data())
def test_no_pattern_matches_fewer_digits_than_it_says(index: int, data: st.DataObject) -> None:
    """Where a text has fewer, the pattern is not asked."""
    _, pattern, _, least = scan._SCANS[index]
    text = data.draw(st.from_regex(pattern))
    assert digits_in(text) >= least


@pytest.mark.parametrize("text", [text for text, _ in LEFT] + PASS)
def test_counting_digits_first_changes_nothing(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every pattern asked of every text says the same."""
    found = leaks(text)
    monkeypatch.setattr(scan, "digits_in", lambda _: 1000)
    monkeypatch.setattr(scan, "has_cue", lambda _: True)
    assert leaks(text) == found


def test_percent_escapes_are_undone() -> None:
    """What a URL hides is seen, with its place in the text as it is; once only where nothing is hidden."""
    text = "/c/kim%40kestrel.io?tel=%2B1%20628%20271%204432&x=536-22-1478%20"
    assert [(span.type, text[span.start : span.end]) for span in leaks(text)] == [
        ("EMAIL", "kim%40kestrel.io"),
        ("PHONE", "%2B1%20628%20271%204432"),
        ("SSN", "536-22-1478"),
    ]
    assert leaks("100%20ab%zz") == []


def test_a_surrogate_that_goes_on_in_the_next_piece() -> None:
    """Only at the end of a text; anything behind it makes it an address."""
    assert leaks("led to wzt@example.ne") == []
    assert [span.type for span in leaks("wzt@example.ne was it")] == ["EMAIL"]


def test_it_is_independent() -> None:
    """It imports nothing of the detector."""
    files = Path(inspect.getfile(scan)).parent.glob("scan*.py")
    trees = [ast.parse(file.read_text(encoding="utf-8")) for file in files]
    imported = {node.module for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert len(trees) == 6
    ours = {name for name in imported if name and name.startswith("harness.pii")}
    assert ours - {
        f"harness.pii.{part}" for part in ("scan_cued", "scan_spoken", "scan_checks", "scan_gate", "scan_known")
    } == {
        "harness.pii.shapes",
        "harness.pii.surrogate",
    }


def test_offsets_are_raw() -> None:
    """Offsets count the raw text's code points."""
    text = "a\u200bb 536-22-1\u200b478"
    (span,) = leaks(text)
    assert (span.start, span.end) == (4, len(text))


@pytest.mark.parametrize("text", [text for text, _ in LEFT])
def test_places_do_not_overlap(text: str) -> None:
    """The spans of a text are sorted and apart, however often a value is in it."""
    spans = leaks(f"{text} and {text}")
    assert all(one.end <= two.start for one, two in itertools.pairwise(spans))


def _lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def test_it_is_silent_on_what_was_redacted(root: Path) -> None:
    """No false alarm on the redacted fixtures, nor on texts in which nothing is to be found."""
    lines = [line for file in (root / "fixtures" / "pii").glob("*.jsonl") for line in _lines(file)]
    texts = [line["text"] for line in lines]
    assert len(texts) > 400
    assert [text for text in texts if leaks(Redactor().redact(text).text)] == []
    assert [line["text"] for line in lines if not line.get("spans") and leaks(line["text"])] == []


def test_it_finds_what_fixtures_hold(root: Path, figure: Callable[[str, object], None]) -> None:
    """Most values of the labelled texts but names and addresses, without help from the detector."""
    seen = total = 0
    for line in _lines(root / "fixtures" / "pii" / "families.jsonl"):
        spans = [span for span in line["spans"] if span["type"] not in ("PERSON", "ADDRESS")]
        book = ValueBook()
        for span in spans:
            book.learn(span["type"], line["text"][span["start"] : span["end"]])
        found = leaks(line["text"], book.heard if line["family"].startswith("heard-") else ())
        total += len(spans)
        seen += sum(any(f.start < s["end"] and s["start"] < f.end for f in found) for s in spans)
    figure("leak scan: labelled values seen", f"{seen} of {total}")
    assert seen >= 0.93 * total


@pytest.mark.parametrize(
    "unit",
    [
        "one ",
        "1 ",
        "12-",
        "4.",
        "a@",
        "a dot ",
        "x at ",
        "pin ",
        "https://a?b&",
        "0:",
        "%41",
        "card 4111 1111 ",
        "+1 2 ",
        "double ",
    ],
)
def test_it_is_linear(unit: str) -> None:
    """No pattern looks further than a bounded way: what is found in a long row is found in its halves."""
    row = unit * (8_000 // len(unit))
    value = " 628-271-4432 "
    assert any(span.type == "PHONE" for span in leaks(f"{row}. {value} .{row}"))


def test_every_pattern_has_an_upper_bound() -> None:
    """No star or plus over a class of characters in the scan's files: only counted repetitions (but ``\\W+`` after a word)."""
    for file in Path(inspect.getfile(scan)).parent.glob("scan_*.py"):
        source = re.sub(r'"""(?:.|\n)*?"""', "", file.read_text(encoding="utf-8"))
        open_ended = [found[0] for found in re.finditer(r"(?:\]|\))[*+](?=[\[(\\\w])", source)]
        assert open_ended == [], file.name
