"""Which holes in the order the recorded client gave up, and when: what a replay's client is told instead of a timer. Pure.

1. A recording with a live side says so itself: its gaps of reason ``timer``.
2. One without (composed, converted, cut by hand) holds no decision, so it is worked out: the timer of a live client is
   let run over the recorded times. Without that, a client without timers would wait for ever behind a hole.
3. A hole is given up when nothing has filled it for the time-out on an open connection; one that is open when the
   recording ends is given up there, for nothing more can fill it.
4. Messages are counted as the client counts them: those of the stream, and summaries made over REST, by their requests.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from harness.client import ClientOptions
from harness.dialects.base import Dialect
from harness.pipeline.policy import PipelinePolicy
from harness.pipeline.sequence import Sequencer
from harness.recording.entry import (
    AnyEntry,
    Gap,
    HttpRequest,
    HttpResponse,
    OutcomeEntry,
    WsAbort,
    WsAccept,
    WsClose,
    WsMessage,
)

__all__ = ["given_up", "summaries_of"]

_TIMEOUT_US = round(ClientOptions().gap_timeout_s * 1e6)


def given_up(entries: Sequence[AnyEntry], dialect: Dialect, policy: PipelinePolicy) -> dict[int, list[str]]:
    """Number of inbound messages -> the conversations whose holes are given up then."""
    found: dict[int, list[str]] = {}
    if any(isinstance(entry, OutcomeEntry) for entry in entries):
        for entry in entries:
            if isinstance(entry, Gap) and entry.reason == "timer":
                found.setdefault(entry.after, []).append(entry.conversation)
        return found
    timer = _Timer(dialect, policy.reorder_window, summaries_of(entries))
    for entry in entries:
        timer.take(entry)
    timer.end()
    return timer.found


def summaries_of(entries: Sequence[AnyEntry]) -> set[int]:
    """Numbers of the requests for a summary that were answered with one."""
    made = {e.re for e in entries if isinstance(e, HttpResponse) and e.status in (200, 201)}
    requests = (e for e in entries if isinstance(e, HttpRequest) and e.n in made)
    return {e.n for e in requests if e.service == "gateway" and e.url.partition("?")[0].endswith("/summaries")}


class _Timer:
    """A live client's watch over its holes, on recorded times."""

    def __init__(self, dialect: Dialect, window: int, summaries: set[int]) -> None:
        self.found: dict[int, list[str]] = {}
        self._dialect = dialect
        self._window = window
        self._summaries = summaries
        self._order: dict[str, Sequencer[None]] = {}
        self._open_since: dict[str, tuple[int, int]] = {}
        self._connected = False
        self._count = 0

    def take(self, entry: AnyEntry) -> None:
        if self._connected:
            self._ring(entry.t)
        match entry:
            case WsAccept():
                self._connected = True
                self._open_since.clear()
            case WsClose() | WsAbort():
                self._connected = False
            case HttpRequest() if entry.n in self._summaries:
                self._count += 1
            case WsMessage(dir="in"):
                self._count += 1
                if entry.text is not None:
                    self._push(self._dialect.decode(entry.text))
            case _:
                pass
        self._look(entry.t)

    def end(self) -> None:
        """Rule 3: nothing more will come."""
        for conversation, order in self._order.items():
            if order.waiting:
                self._give_up(conversation)

    def _push(self, event: Any) -> None:
        if event.seq is None or not event.conversation:
            return
        order = self._order.setdefault(event.conversation, Sequencer(window=self._window))
        if event.type == "subscribed":
            order.begin(event.seq)
        order.push(event.seq, None)

    def _look(self, t_us: int) -> None:
        for conversation, order in self._order.items():
            place = order.last_in_order
            if not order.waiting:
                self._open_since.pop(conversation, None)
            elif self._open_since.setdefault(conversation, (place, t_us))[0] != place:
                self._open_since[conversation] = (place, t_us)

    def _ring(self, t_us: int) -> None:
        for conversation, (_, since_us) in list(self._open_since.items()):
            if t_us - since_us >= _TIMEOUT_US:
                self._give_up(conversation)

    def _give_up(self, conversation: str) -> None:
        self._order[conversation].give_up()
        self._open_since.pop(conversation, None)
        self.found.setdefault(self._count, []).append(conversation)
