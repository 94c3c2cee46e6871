"""Where labels come from, and a session as each source sees it. Sources are never mixed.

1. ``human gold``: written by a person. ``scenario``: written with the text itself (annotator kind CODE), true by
   construction. ``model labels``: written by a language model; an opinion. A label that names no kind is of the session's
   own source.
2. ``as detected at record time``: what the recorder replaced. It tells what has changed since, not what is right.
3. People and models answer for the conversations they labelled, and for these wholly: what they left unmarked there they
   call harmless. A scenario answers for its whole session.
4. Truth is ``human gold`` and ``scenario``. Only these name leaks; the two others cannot.
"""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Iterable, Sequence

from harness.report.labels import Label
from harness.report.run import SessionResult

__all__ = ["DETECTED", "HUMAN", "MODEL", "SCENARIO", "TRUTH", "by_source", "source_of"]

HUMAN = "human gold"
SCENARIO = "scenario"
MODEL = "model labels"
DETECTED = "as detected at record time"
TRUTH = (HUMAN, SCENARIO)
"""Rule 4."""

_OF_KIND = {"HUMAN": HUMAN, "CODE": SCENARIO, "LLM": MODEL}


def source_of(labels: Iterable[Label], otherwise: str) -> str:
    """The sources of ``labels``, joined by ``+``; ``otherwise`` for labels that name none."""
    found = {_OF_KIND.get(label.annotator_kind, otherwise) for label in labels}
    return " + ".join(sorted(found)) or otherwise


def by_source(sessions: Iterable[SessionResult]) -> dict[str, list[SessionResult]]:
    """Source -> the sessions it labels, each with that source's labels only; what was detected at record time is there too."""
    found: dict[str, list[SessionResult]] = defaultdict(list)
    for session in sessions:
        for source, labels in _groups(session).items():
            found[source].append(_seen(session, source, labels))
        if session.detected is not None:
            found[DETECTED].append(_pieces(session, session.detected))
    return dict(sorted(found.items()))


def _groups(session: SessionResult) -> dict[str, list[Label]]:
    if not session.labelled:
        return {}
    groups: dict[str, list[Label]] = defaultdict(list)
    for label in session.labels:
        groups[_OF_KIND.get(label.annotator_kind, session.label_source)].append(label)
    return groups or {session.label_source: []}


def _seen(session: SessionResult, source: str, labels: Sequence[Label]) -> SessionResult:
    view = dataclasses.replace(session, label_source=source, labels=labels)
    if source not in (HUMAN, MODEL) or not labels:
        return view
    named = {label.conversation for label in labels}
    return dataclasses.replace(view, outcomes=[o for o in session.outcomes if o.conversation in named])


def _pieces(session: SessionResult, detected: Sequence[Label]) -> SessionResult:
    """Piece by piece: an entry tells of its own message, not of what went on in the next."""
    outcomes = [
        dataclasses.replace(o, spans=tuple(dataclasses.replace(span, value_id=0) for span in o.spans)) if o.spans else o
        for o in session.outcomes
    ]
    return dataclasses.replace(session, label_source=DETECTED, labels=detected, outcomes=outcomes)
