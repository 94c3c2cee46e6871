"""Hidden characters are shown, Markdown is literal."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.report.render.escape import markdown, visible


@pytest.mark.parametrize(
    "text,shown",
    [
        ("plain", "plain"),
        ("Grüße, 你好", "Grüße, 你好"),
        ("a\x1b[31mb", "a\\u001b[31mb"),
        ("\u202eabc\u2066", "\\u202eabc\\u2066"),
        ("a\u200bb\r\n", "a\\u200bb\\u000d\\u000a"),
        ("\ud800", "\\ud800"),
        ("\u2028", "\\u2028"),
        ("\U000e0041", "\\U000e0041"),
    ],
)
def test_visible(text: str, shown: str) -> None:
    """Control, format, surrogate and separator characters become escapes."""
    assert visible(text) == shown


@given(st.text())
def test_visible_is_encodable_and_idempotent(text: str) -> None:
    """What comes out can be written as UTF-8 and needs no second pass."""
    once = visible(text)
    assert visible(once) == once
    once.encode()


@pytest.mark.parametrize(
    "text,literal",
    [
        ("<img src=x>", "&lt;img src=x&gt;"),
        ("[a](b)", "\\[a\\](b)"),
        ("a | b", "a \\| b"),
        ("`code` *x* _y_", "\\`code\\` \\*x\\* \\_y\\_"),
        ("@team #12 &amp;", "&#64;team &#35;12 &amp;amp;"),
        ("https://host.invalid www.host.invalid", "https&#58;//host.invalid www&#46;host.invalid"),
        ("\\n", "\\\\n"),
        ("line\n::set-output name=x::y", "line\\\\u000a::set-output name=x::y"),
    ],
)
def test_markdown(text: str, literal: str) -> None:
    """Nothing formats, links, mentions, embeds or starts a line of its own."""
    assert markdown(text) == literal
