"""Ground truth beside a recording: ``<name>.labels.jsonl``, one object per line, never the value itself.

1. A label is found by conversation, ``seq`` and ``path``; a summary made over REST has no ``seq``.
2. ``span``: ``label`` is the type. ``sentence``: ``verdict`` grounded | hallucinated, ``label`` the reason.
   ``message``: ``verdict`` rejected, ``label`` the reason code; raw messages have no ``seq``, so the id ends in
   ``:m<number>``, the number of the message among all inbound ones of the session, from 1.
3. The pieces of one value that is split over deltas share their id before ``#``.
4. Offsets are code points of the decoded string at ``path``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import msgspec

from harness.scenario.markup import Marked

__all__ = ["Label", "LabelBook", "encode_labels"]


class Label(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a labels file, fields in the order they are written."""

    v: int = 1
    id: str
    conversation: str
    seq: int | None
    path: str
    recording: str = ""
    kind: Literal["span", "sentence", "message"]
    start: int | None = None
    end: int | None = None
    label: str
    verdict: str | None = None
    annotator: str = "scenario"
    annotator_kind: Literal["HUMAN", "CODE", "LLM"] = "CODE"
    guideline: str = "scenario"
    supersedes: str | None = None
    at: str


class LabelBook:
    """Collects the labels of one conversation.

    Args:
        conversation: interaction id.
        at: the header's ``created``.
    """

    def __init__(self, conversation: str, at: str) -> None:
        self._conversation = conversation
        self._at = at
        self._count = 0
        self.labels: list[Label] = []

    def spans(self, seq: int | None, path: str, text: Marked) -> None:
        """Every span of ``text``, which stands at ``path``."""
        for span in text.spans:
            self._span(self._next_id(), seq, path, span.type, (span.start, span.end))

    def delta_ids(self, summary: Marked) -> list[str]:
        """An id for each span of a summary that goes out in pieces."""
        return [self._next_id() for _ in summary.spans]

    def delta(self, seq: int, ids: list[str], summary: Marked, cut: tuple[int, int], index: int) -> None:
        """What the delta number ``index``, the ``cut`` of ``summary``, holds of its spans."""
        for position, span in summary.pieces(*cut):
            self._span(f"{ids[position]}#{index}", seq, "/text", span.type, (span.start, span.end))

    def sentence(self, seq: int | None, where: tuple[int, int], verdict: str, reason: str) -> None:
        """The truth about a stretch of a summary."""
        self._add(
            id=self._next_id(),
            seq=seq,
            path="/summary",
            kind="sentence",
            start=where[0],
            end=where[1],
            label=reason,
            verdict=verdict,
        )

    def rejected(self, number: int, reason: str) -> None:
        """The inbound message ``number`` is to be rejected for ``reason``."""
        id_ = f"{self._conversation}:m{number}"
        self._add(id=id_, seq=None, path="", kind="message", label=reason, verdict="rejected")

    def counts(self) -> dict[str, int]:
        """Type -> labelled values, pieces of one value counted once."""
        found: dict[str, set[str]] = {}
        for label in self.labels:
            if label.kind == "span":
                found.setdefault(label.label, set()).add(label.id.partition("#")[0])
        return {type_: len(ids) for type_, ids in sorted(found.items())}

    def _span(self, id_: str, seq: int | None, path: str, type_: str, where: tuple[int, int]) -> None:
        self._add(id=id_, seq=seq, path=path, kind="span", start=where[0], end=where[1], label=type_)

    def _next_id(self) -> str:
        self._count += 1
        return f"{self._conversation}:l{self._count}"

    def _add(
        self,
        *,
        id: str,  # noqa: A002 - the field's name in the file
        seq: int | None,
        path: str,
        kind: Literal["span", "sentence", "message"],
        label: str,
        start: int | None = None,
        end: int | None = None,
        verdict: str | None = None,
    ) -> None:
        self.labels.append(
            Label(
                id=id,
                conversation=self._conversation,
                seq=seq,
                path=path,
                kind=kind,
                start=start,
                end=end,
                label=label,
                verdict=verdict,
                at=self._at,
            )
        )


def encode_labels(labels: Iterable[Label], recording: str) -> bytes:
    """The labels file's bytes; ``recording`` = ``sha256:...`` of the file they label."""
    encoder = msgspec.json.Encoder()
    return b"".join(encoder.encode(msgspec.structs.replace(label, recording=recording)) + b"\n" for label in labels)
