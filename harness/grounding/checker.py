"""The door to the checks: one call over a whole conversation, or turn by turn as it happens.

1. A check sees only the turns added before it.
2. The same turns and summary give the same result on every machine.
3. Work is bounded. Of a summary the first :data:`MAX_CLAIMS` sentences of the first :data:`MAX_SUMMARY` code points are
   checked; the rest is one claim ``too_long``. Of a conversation :data:`MAX_CONTEXT` code points are kept; once there is
   more, what was said is not known whole, and every summary is one claim ``too_long``. Such claims are for review.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice

from harness.errors import ConfigError
from harness.grounding.claims import read_all
from harness.grounding.evidence import Evidence
from harness.grounding.model import Model, default_model
from harness.grounding.verdict import Claim, GroundingResult, combine, credit, judge
from harness.text.lexicon import digest

__all__ = ["MAX_CLAIMS", "MAX_CONTEXT", "MAX_SUMMARY", "Checker", "Conversation", "turns_of"]

MAX_CLAIMS = 300
MAX_SUMMARY = 100_000
MAX_CONTEXT = 1_000_000  # about 18 hours of talk
_SPEAKER = re.compile(r"[ \t]*([^\W\d_][^\n:.?!]{0,39}?)[ \t]*:(?=[ \t]|$)[ \t]*")
_ONE_LINE = re.compile(r" \. (?=[A-Z][\w ]{0,30}: )")  # "Ann: Hi . Bo: Hello": turns parted by a lone full stop

Context = str | Sequence[Mapping[str, str]]


class Conversation:
    """Evidence that grows; made by :meth:`Checker.conversation`."""

    def __init__(self, today: dt.date | None = None, model: Model | None = None) -> None:
        self._today = today
        self._model = model or default_model()
        self.evidence = Evidence(today)
        self._room = MAX_CONTEXT

    def add(self, speaker: str, text: str) -> None:
        """Add one final utterance."""
        self._room -= len(speaker) + len(text)
        if self._room >= 0:
            self.evidence.add(speaker, text)

    @property
    def is_whole(self) -> bool:
        """All that was added is kept; see rule 3."""
        return self._room >= 0

    def check(self, summary: str) -> GroundingResult:
        """Judge ``summary`` by what was added so far."""
        if not self.is_whole:
            return combine((_unread(0, len(summary)),) if summary.strip() else ())
        read = read_all(summary[:MAX_SUMMARY], self._today)
        sentences = list(islice(read, MAX_CLAIMS))
        bonus = credit(len(sentences), self.evidence)
        claims = [judge(sentence, self.evidence, self._model, bonus=bonus) for sentence in sentences]
        rest = next(read, None)
        begin = rest.start if rest else MAX_SUMMARY
        if summary[begin:].strip():
            claims.append(_unread(begin, len(summary)))
        return combine(tuple(claims))

    def forget(self) -> None:
        """Drop everything said so far."""
        self.evidence = Evidence(self._today)
        self._room = MAX_CONTEXT


def _unread(start: int, end: int) -> Claim:
    return Claim(
        start=start, end=end, verdict="ungrounded", band="review", reason="too_long", score=0.45, reasons=("too_long",)
    )


class Checker:
    """The default check: deterministic and explainable.

    Args:
        model: the calibrated model that weighs what no rule decides; default: the one that ships.
    """

    def __init__(self, model: Model | None = None) -> None:
        self._model = model or default_model()

    @property
    def policy_digest(self) -> str:
        """``sha256:…`` over the lexicons and the model that decide."""
        lexicons = digest(("harness.grounding", "harness.text"))
        return "sha256:" + hashlib.sha256((lexicons + self._model.dump()).encode()).hexdigest()

    def check(self, context: Context, summary: str, *, today: dt.date | None = None) -> GroundingResult:
        """Judge ``summary`` against a whole conversation.

        Args:
            context: lines ``Speaker: text`` or mappings with ``speaker`` and ``text``.
            summary: what is to be judged.
            today: the conversation's date, so that weekdays and dates support each other.

        Raises:
            ConfigError: the context is neither.
        """
        return self.conversation_of(context, today=today).check(summary)

    def conversation_of(self, context: Context, *, today: dt.date | None = None) -> Conversation:
        """A conversation that holds the turns of ``context``; see :meth:`check`."""
        conversation = self.conversation(today=today)
        for speaker, text in turns_of(context):
            conversation.add(speaker, text)
        return conversation

    def conversation(self, *, today: dt.date | None = None) -> Conversation:
        """A conversation without turns."""
        return Conversation(today, self._model)


def turns_of(context: Context) -> Iterable[tuple[str, str]]:
    """Speaker and text of each turn; a line without a speaker continues the turn before it."""
    if isinstance(context, str):
        return _lines(context)
    return [_turn(turn) for turn in context]


def _turn(turn: Mapping[str, str]) -> tuple[str, str]:
    given: object = turn  # callers pass what they decoded; the annotation is a promise, not a check
    if isinstance(given, Mapping):
        speaker, text = given.get("speaker", ""), given.get("text")
        if isinstance(speaker, str) and isinstance(text, str):
            return speaker, text
    raise ConfigError("context", type(turn).__name__, "turns with the strings speaker and text")


def _lines(context: str) -> Iterable[tuple[str, str]]:
    speaker = ""
    for line in _ONE_LINE.sub("\n", context).splitlines():
        match = _SPEAKER.match(line)
        if match:
            speaker, line = match.group(1), line[match.end() :]
        if line.strip():
            yield speaker, line
