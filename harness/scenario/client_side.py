"""The client's side of a composed session: what it asks for, and what it is answered.

1. The secret of the token is never there: ``<secret>`` stands for it.
2. A request to validate a summary may stay unplayed (``play.optional``), and so may a second request for a token.
3. What depends on how the client counts or words its context is not compared (``play.ignore``).
"""

from __future__ import annotations

from typing import Any

from harness.dialects.mediation import (
    context_window_update,
    dump,
    subscribe_message,
    summary_request,
    unsubscribe_message,
    validate_request,
)
from harness.recording.entry import Play
from harness.scenario import summaries
from harness.scenario.markup import Marked
from harness.scenario.model import Scenario
from harness.scenario.steps import Summary
from harness.scenario.stream import Stream
from harness.scenario.wire_builder import GATEWAY_URL, TOKEN_URL, WireBuilder

__all__ = ["ClientSide"]

_TOKEN = dump({"access_token": "<secret>", "token_type": "bearer", "expires_in": 86_400})
_REFUSED_TOKEN = frozenset({1008, 4401})


class ClientSide:
    """Plays the client on ``wire``.

    Args:
        scenario: whose subscription and limits hold.
        interaction_id: of its conversation.
        wire: where its entries go.
        stream: what answers it.
    """

    def __init__(self, scenario: Scenario, interaction_id: str, wire: WireBuilder, stream: Stream) -> None:
        self.subscription = scenario.subscription.build()
        self.context: list[tuple[str, Marked]] = []
        """(speaker, text) of every final utterance so far."""
        self._limits = scenario.limits.model_dump()
        self._id = interaction_id
        self._wire = wire
        self._stream = stream
        self._tokens = 0

    def authorise(self, play: Play | None = None) -> None:
        """Ask for a token."""
        self._wire.exchange("token", TOKEN_URL, "grant_type=client_credentials", _TOKEN, play=play)

    def connect(self, resume_after_seq: int | None = None) -> int:
        """Dial and subscribe; returns the time of the subscription."""
        self._wire.dial()
        subscribe = self._wire.send(dump(subscribe_message(self.subscription, self._id, resume_after_seq)))
        at = self._wire.now
        self._stream.say(self._wire.delay(12, 40), "subscribed", {"limits": self._limits}, re=subscribe)
        return at

    def reconnect(self, code: int) -> None:
        """Come back after the service ended the connection with ``code``."""
        if code in _REFUSED_TOKEN:
            self.authorise(Play(optional=True))
        self._wire.wait(400, 900)
        self.connect(self._stream.contiguous)

    def count(self, summary: Summary) -> None:
        """Take a summary of the stream into the token count."""
        self._tokens += summaries.tokens_of(summaries.text_of(summary).text)

    def update_window(self, retain_tokens: int) -> None:
        """Ask for an update of the context window."""
        update = context_window_update(self._id, self._tokens, retain_tokens)
        asked = self._wire.send(dump(update), play=Play(ignore=("/token_count",)))
        self._stream.say(self._wire.delay(15, 60), "context_window.updated", {"token_count": retain_tokens}, re=asked)
        self._tokens = retain_tokens

    def generate(self, summary: Summary, summary_id: str) -> None:
        """Ask the gateway for a summary."""
        body = summary_request(self.subscription, self._id, self._spoken())
        answer = summaries.gateway_answer(summary, summary_id, self._id)
        play = Play(ignore=("/context",))
        self._wire.exchange("gateway", GATEWAY_URL, dump(body), dump(answer), status=201, play=play)

    def validate(self, summary: Summary) -> None:
        """Ask the gateway whether a summary is well formed."""
        body = validate_request(self._id, summaries.text_of(summary).text, self._spoken())
        play = Play(ignore=("/summary", "/context"), optional=True)
        self._wire.exchange("gateway", f"{GATEWAY_URL}/validate", dump(body), dump(_VALID), play=play)

    def leave(self) -> None:
        """Unsubscribe and close."""
        self._wire.send(dump(unsubscribe_message(self._id)))
        self._wire.close()

    def _spoken(self) -> list[dict[str, str]]:
        return [{"speaker": speaker, "text": text.text} for speaker, text in self.context]


_VALID: dict[str, Any] = {"valid": True, "violations": []}
"""The gateway checks form, not truth: were its answer drawn from the labels, they would leak into verdicts."""
