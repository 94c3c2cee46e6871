"""Entries in order, each exchange on a connection of its own."""

from __future__ import annotations

import random

from harness.recording.entry import HttpRequest, WsMessage
from harness.scenario.wire_builder import TICK_US, WireBuilder


def test_an_exchange_is_request_response_body() -> None:
    """Three entries on one connection, the last two answering the first."""
    wire = WireBuilder(random.Random(1))
    wire.exchange("gateway", "/x", "{}", "[]", status=201)
    wire.exchange("token", "/y", "a=b", "{}")
    request, response, chunk, second = wire.entries[:4]
    assert isinstance(request, HttpRequest)
    assert isinstance(second, HttpRequest)
    assert (request.conn, second.conn) == ("h1", "h2")
    assert [getattr(entry, "re", None) for entry in (response, chunk)] == [1, 1]
    assert dict(request.headers)["content-type"] == "application/json"
    assert dict(second.headers)["content-type"] == "application/x-www-form-urlencoded"


def test_what_is_late_moves_on() -> None:
    """A time in the past becomes the next tick."""
    wire = WireBuilder(random.Random(1))
    wire.dial()
    wire.receive(5_000_000, text="a", size=1)
    wire.receive(0, text="b", size=1)
    last = wire.entries[-1]
    assert isinstance(last, WsMessage)
    assert last.t == 5_000_000 + TICK_US
    assert wire.received == 2
