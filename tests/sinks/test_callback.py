"""The user's own coroutine."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Callable
from typing import Any

import pytest

from harness.errors import SinkError
from harness.pipeline.outcome import Outcome
from harness.sinks.base import parcel_of
from harness.sinks.callback import CallbackSink


def test_called(make_outcome: Callable[..., Outcome]) -> None:
    """It is given the delivery."""
    seen: list[dict[str, Any]] = []

    async def callback(body: dict[str, Any]) -> None:
        seen.append(body)

    asyncio.run(CallbackSink(callback).deliver(parcel_of(make_outcome())))
    assert seen[0]["summary"] == "Caf\u00e9 visit."


def test_failure(make_outcome: Callable[..., Outcome]) -> None:
    """What it raises becomes a SinkError with the key and the kind, and without the text."""

    async def callback(body: dict[str, Any]) -> None:
        raise RuntimeError(f"cannot send {body['summary']}")

    with pytest.raises(SinkError, match="RuntimeError") as raised:
        asyncio.run(CallbackSink(callback).deliver(parcel_of(make_outcome())))
    assert raised.value.idempotency_key.startswith("telco-one-0001/s9/")
    assert "visit" not in "".join(traceback.format_exception(raised.value))
