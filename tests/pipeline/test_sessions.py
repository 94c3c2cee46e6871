"""Sessions as a state machine: speakers interleave, summaries stream in pieces, connections are lost and messages repeat."""

from __future__ import annotations

import json
import os
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from harness.dialects.mediation import MediationDialect
from harness.pii.segment import HELD_MAX
from harness.pii.stream import Redactor
from harness.pipeline.chain import Pipeline
from harness.pipeline.outcome import Outcome
from harness.strategies import PiiText, chunkings, pii_texts

REDACTOR = Redactor()
SPEAKERS = ("customer", "agent", "bot")


class Sessions(RuleBasedStateMachine):
    """Two conversations on one connection; what comes out is held against what each text gives when redacted alone."""

    def __init__(self) -> None:
        super().__init__()
        self.pipeline = Pipeline(dialect=MediationDialect(), redactor=REDACTOR)
        self.sent: dict[str, list[str]] = {"a": [], "b": []}
        self.streams: dict[str, tuple[str, list[str], int]] = {}
        self.said = 0
        self.summaries = 0
        self.outcomes: list[Outcome] = []
        self.values: set[str] = set()
        self.wanted: list[tuple[str, str]] = []

    # -- what the service does -----------------------------------------------------------------------------------

    def send(self, conversation: str, **fields: Any) -> None:
        """The next message of a conversation."""
        seq = len(self.sent[conversation]) + 1
        text = json.dumps({"interaction_id": conversation, "seq": seq, **fields})
        self.sent[conversation].append(text)
        self.take(text)

    def take(self, text: str) -> None:
        """Feed the pipeline."""
        self.outcomes += [effect for effect in self.pipeline.feed(text) if isinstance(effect, Outcome)]

    def know(self, case: PiiText) -> None:
        """Remember what must not come out."""
        self.values |= {case.text[span.start : span.end] for span in case.spans}

    @rule(
        conversation=st.sampled_from("ab"), speaker=st.sampled_from(SPEAKERS), case=pii_texts(), interim=st.booleans()
    )
    def speak(self, conversation: str, speaker: str, case: PiiText, interim: bool) -> None:
        """Somebody says something; an interim revision may come first, up to where the value begins."""
        self.know(case)
        self.said += 1
        line = {"type": "utterance", "utterance_id": f"u{self.said}", "speaker": speaker}
        if interim:
            self.send(conversation, **line, text=case.text[: case.spans[0].start], is_final=False, revision=0)
        self.send(conversation, **line, text=case.text, is_final=True)
        self.wanted.append((f"u{self.said}", REDACTOR.redact(case.text).text))

    @precondition(lambda self: len(self.streams) < 2)
    @rule(data=st.data(), case=pii_texts())
    def begin(self, data: st.DataObject, case: PiiText) -> None:
        """A summary begins to stream."""
        conversation = "a" if "a" not in self.streams else "b"
        self.know(case)
        self.summaries += 1
        self.streams[conversation] = (f"s{self.summaries}", data.draw(chunkings(case.text)), 0)

    @precondition(lambda self: self.streams)
    @rule(pick=st.integers(0, 1))
    def go_on(self, pick: int) -> None:
        """The next piece of a summary, or its completion."""
        conversation = sorted(self.streams)[pick % len(self.streams)]
        name, pieces, index = self.streams[conversation]
        if index < len(pieces):
            self.send(conversation, type="summary.delta", summary_id=name, index=index, text=pieces[index])
            self.streams[conversation] = (name, pieces, index + 1)
        else:
            self.send(conversation, type="summary.completed", summary_id=name, summary="".join(pieces))
            self.wanted.append((name, REDACTOR.redact("".join(pieces)).text))
            del self.streams[conversation]

    @rule(conversation=st.sampled_from("ab"), count=st.integers(1, 4))
    def reconnect(self, conversation: str, count: int) -> None:
        """The connection was lost; the service sends its last messages again."""
        for text in self.sent[conversation][-count:]:
            self.take(text)

    # -- what must hold ------------------------------------------------------------------------------------------

    @invariant()
    def nothing_leaks(self) -> None:
        """No value is in any outcome."""
        out = "\n".join(json.dumps(outcome.payload, ensure_ascii=False) for outcome in self.outcomes[-8:])
        assert not [value for value in self.values if len(value) > 5 and value in out]

    @invariant()
    def little_is_held(self) -> None:
        """Only messages of summaries that stream wait, and of them no more text than the machine holds."""
        streams = self.pipeline._redact._streams
        assert len(streams) <= 2
        assert all(stream.length - stream.source.settled <= HELD_MAX for stream in streams.values())

    def teardown(self) -> None:
        """At the end every text has come out as it does alone, the summaries' pieces joined."""
        self.outcomes += [effect for effect in self.pipeline.finish() if isinstance(effect, Outcome)]
        self.nothing_leaks()
        texts: dict[str, str] = {}
        for outcome in self.outcomes:
            message = outcome.payload
            if outcome.verdict == "rejected" or not isinstance(message, dict):
                continue
            if message.get("type") == "utterance" and message["is_final"]:
                texts[message["utterance_id"]] = message["text"]
            elif message.get("type") == "summary.delta":
                texts[message["summary_id"]] = texts.get(message["summary_id"], "") + message["text"]
        for name, wanted in self.wanted:
            assert texts.get(name, "") == wanted


TestSessions = Sessions.TestCase
_PROVE = os.environ.get("HARNESS_TEST_PROFILE") == "prove"
TestSessions.settings = settings(
    max_examples=500 if _PROVE else 15, stateful_step_count=40 if _PROVE else 25, deadline=None
)
