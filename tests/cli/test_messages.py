from __future__ import annotations

import pytest

from harness.cli.messages import conversation_of, conversations, text_of
from harness.recording.entry import AnyEntry, Gap, HttpRequest, OutcomeEntry, WsControl, WsMessage


def message(text: str | None) -> WsMessage:
    return WsMessage(n=1, t=1, conn="w", dir="in", text=text)


@pytest.mark.parametrize(
    "entry, name",
    [
        (message('{"interaction_id":"i-1"}'), "i-1"),
        (message('{"other":1}'), ""),
        (message('{"interaction_id":7}'), ""),
        (message('{"interaction_id":"i-1"'), ""),
        (message('"interaction_id"'), ""),
        (message('{"x":"\\ud800","interaction_id":"i-1"}'), ""),
        (message(None), ""),
        (WsControl(n=1, t=1, conn="w", dir="in", opcode="ping"), ""),
        (
            HttpRequest(n=1, t=1, service="gateway", conn="h", method="P", url="/", body='{"interaction_id":"i-2"}'),
            "i-2",
        ),
        (OutcomeEntry(n=1, t=1, of=1, conversation="i-3", event="e", stage="s", verdict="accepted"), "i-3"),
        (Gap(n=1, t=1, conversation="i-4", from_seq=1, to_seq=1, reason="r"), "i-4"),
        (Gap(n=1, t=1, from_seq=1, to_seq=1, reason="r"), ""),
    ],
)
def test_an_entry_names_its_conversation_or_none(entry: AnyEntry, name: str) -> None:
    """Whatever a message holds, asking is safe."""
    assert conversation_of(entry) == name


def test_conversations_are_listed_once_in_order() -> None:
    """Entries without one do not count."""
    entries = [message('{"interaction_id":"b"}'), message("x"), message('{"interaction_id":"a"}')]
    assert conversations([*entries, *entries]) == ["b", "a"]
    assert text_of(entries[1]) == "x"
