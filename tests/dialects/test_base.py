"""Canonical events are values that show no text."""

from __future__ import annotations

import dataclasses
from typing import get_args

import pytest

from harness.dialects import base
from harness.dialects.base import Event, Malformed, Summary, Utterance


@pytest.mark.parametrize("kind", get_args(Event))
def test_events_are_frozen(kind: type) -> None:
    """They are shared by stages; each is exported."""
    assert kind.__dataclass_params__.frozen  # type: ignore[attr-defined]
    assert kind.__name__ in base.__all__


@pytest.mark.parametrize("kind", get_args(Event))
def test_no_repr_holds_text(kind: type) -> None:
    """Fields that may hold words are left out."""
    fields = {field.name: field.repr for field in dataclasses.fields(kind)}
    wordy = {"text", "summary", "payload", "entities", "reason", "resolution", "followups", "self_context", "message"}
    shown = {name for name in wordy & set(fields) if fields[name]}
    assert shown == ({"reason"} if kind is Malformed else set())


def test_what_is_left_out_has_a_default() -> None:
    """An event of another dialect need not know every field."""
    said = Utterance(type="say", utterance_id="u", speaker="agent", text="Hello")
    assert (said.conversation, said.seq, said.payload, said.is_final, said.revision) == ("", None, None, True, 0)
    assert Summary(type="sum", summary_id="s", summary="Done.").entities == ()
    assert Malformed(reason="not_json").type == "malformed"
