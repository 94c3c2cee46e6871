"""What the recorded client said because a timer told it to, and when: a replay's client, which has no timers, is told. Pure.

1. It is one of two: a ``subscribe`` that resumes a conversation its connection had subscribed already (messages are missing,
   they are asked for again), and a ``context_window.update`` while another one had no answer yet (its connection took it along).
2. When is after how many inbound messages, counted as the client counts them: those of the stream, and summaries made over
   REST, by their requests. Where is on which of the connections that heard from the client.
3. It is said again word for word as it was recorded.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from harness.client.options import TimedSend
from harness.dialects.base import Dialect
from harness.dialects.mediation import MediationDialect
from harness.recording.entry import AnyEntry, HttpRequest, Withheld, WsMessage, WsOpen
from harness.session.holes import summaries_of

__all__ = ["timed_sends"]


def timed_sends(entries: Sequence[AnyEntry], dialect: Dialect, subscription: Any) -> dict[int, list[TimedSend]]:
    """Number of inbound messages -> what timers had the client say then; ``subscription`` is the session's."""
    seen, summaries = _Seen(dialect, subscription), summaries_of(entries)
    for entry in entries:
        match entry:
            case HttpRequest() if entry.n in summaries:
                seen.count += 1
            case Withheld(dir="in", of_kind="ws.message"):
                seen.count += 1
            case WsMessage(dir="in"):
                seen.count += 1
                seen.heard(entry.text)
            case WsOpen():
                seen.opened(entry.conn)
            case WsMessage(dir="out") if entry.text is not None:
                seen.said(entry.conn, entry.text)
            case _:
                pass
    return seen.found


class _Seen:
    """What a session has come to so far."""

    def __init__(self, dialect: Dialect, subscription: Any) -> None:
        self.found: dict[int, list[TimedSend]] = {}
        self.count = 0
        self._dialect = dialect
        self._subscription = subscription
        self._begun = 0
        self._connections: dict[str, int] = {}
        self._subscribed: set[tuple[str, str]] = set()
        self._unanswered: set[str] = set()

    def opened(self, conn: str) -> None:
        """A connection, or another attempt under the same name."""
        self._connections.pop(conn, None)
        self._subscribed = {(other, about) for other, about in self._subscribed if other != conn}

    def heard(self, text: str | None) -> None:
        """A message of the service."""
        if text is not None and self._unanswered:
            event = self._dialect.decode(text)
            if event.type == "context_window.updated":
                self._unanswered.discard(event.conversation)

    def said(self, conn: str, text: str) -> None:
        """A message of the client."""
        if conn not in self._connections:
            self._begun += 1
            self._connections[conn] = self._begun
        conversation = self._dialect.conversation_of(text)
        if conversation is None or not self._timed(conn, conversation, text):
            return
        self.found.setdefault(self.count, []).append(TimedSend(self._connections[conn], text))

    def _timed(self, conn: str, conversation: str, text: str) -> bool:
        match self._kind(conversation, text):
            case "subscribe":
                again = (conn, conversation) in self._subscribed
                self._subscribed.add((conn, conversation))
                return again
            case "context_window.update":
                again = conversation in self._unanswered
                self._unanswered.add(conversation)
                return again
            case "unsubscribe":
                self._subscribed.discard((conn, conversation))
        return False

    def _kind(self, conversation: str, text: str) -> str:
        """What a message of the client is, by its type, or by what the dialect would have it say."""
        if isinstance(self._dialect, MediationDialect):
            return _type(text)
        if text == self._dialect.unsubscribe_text(conversation):
            return "unsubscribe"
        places = [0, *map(int, re.findall(r"[0-9]{1,16}", text))]
        asked = (self._dialect.subscribe_text(self._subscription, conversation, place) for place in places)
        return "subscribe" if text in asked else ""


def _type(text: str) -> str:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return ""
    return str(value.get("type")) if isinstance(value, dict) else ""
