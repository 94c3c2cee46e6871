"""Ground truth beside a recording: ``<name>.labels.jsonl``, one label a line, append-only.

1. A label never holds the value it marks: conversation, seq, path and code-point offsets only.
2. A later line may replace an earlier one by naming its id in ``supersedes``; the replaced one is dropped. A person who
   corrects what a scenario said does not change what the scenario said: figures are made by source, and for them a label is
   replaced by one of its own annotator kind only.
3. ``seq`` null marks a string that came without one (a summary made over REST, an unreadable message).
4. Pieces of one value that is split over messages share their id before ``#``.
5. A label of a whole message that has no seq ends its id in ``:m<number>``: the message's position among all
   inbound ones of the session, from 1.
6. A line that cannot be read stops the reading: accuracy over part of the truth would be a wrong number.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal

import msgspec

from harness.errors import RecordingFormatError, RecordingNotFound, UnsupportedVersion

__all__ = ["VERSION", "Label", "all_labels", "in_force", "labels_path", "parse_labels", "read_labels"]

VERSION = 1
_NUMBER = re.compile(r":m([0-9]{1,9})$")
_FIX = "correct the line, or make the labels again with `harness compose`"


class Label(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the file.

    Args:
        kind: ``span`` (label = type), ``sentence`` (verdict grounded | hallucinated, label = reason) or
            ``message`` (verdict rejected, label = expected reason).
        start: first code point; None for a whole message.
        end: one past the last; None for a whole message.
        recording: digest of the file labelled, ``sha256:...``.
        annotator_kind: HUMAN, CODE or LLM.
    """

    v: int = VERSION
    id: str
    conversation: str
    seq: int | None = None
    path: str = ""
    recording: str = ""
    kind: Literal["span", "sentence", "message"]
    start: int | None = None
    end: int | None = None
    label: str = ""
    verdict: str | None = None
    annotator: str = ""
    annotator_kind: str = ""
    guideline: str = ""
    supersedes: str | None = None
    at: str = ""

    @property
    def group(self) -> str:
        """The id shared by the pieces of one value (rule 4)."""
        return self.id.partition("#")[0]

    @property
    def number(self) -> int | None:
        """Position of a labelled message among the session's inbound ones (rule 5)."""
        found = _NUMBER.search(self.id)
        return int(found[1]) if found and self.kind == "message" else None


_DECODER = msgspec.json.Decoder(Label)


def labels_path(recording: Path | str) -> Path:
    """Where the labels of ``<name>.rec.jsonl`` (or ``.gz``) lie: ``<name>.labels.jsonl`` in the same folder."""
    path = Path(recording)
    return path.with_name(path.name.removesuffix(".gz").removesuffix(".jsonl").removesuffix(".rec") + ".labels.jsonl")


def read_labels(path: Path | str, *, each_source: bool = False) -> list[Label]:
    """The labels in force, in file order; with ``each_source`` those in force of every annotator kind by itself (rule 2).

    Raises:
        RecordingNotFound: no such file.
        RecordingFormatError: a line that is not a label (``line`` says which).
        UnsupportedVersion: labels of a later version.
    """
    path = Path(path)
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise RecordingNotFound("no such labels file", path=path) from None
    except OSError as error:
        raise RecordingFormatError(f"cannot be read: {error.strerror}", path=path) from None
    return parse_labels(data.split(b"\n"), path=path, each_source=each_source)


def parse_labels(lines: Iterable[bytes | str], *, path: Path | str, each_source: bool = False) -> list[Label]:
    """The labels in force among ``lines``; empty lines are skipped, ``path`` names the source in errors."""
    return in_force(all_labels(lines, path=path), each_source=each_source)


def all_labels(lines: Iterable[bytes | str], *, path: Path | str) -> list[Label]:
    """Every label among ``lines``, those replaced since too."""
    labels: dict[str, Label] = {}
    for number, line in enumerate(lines, start=1):
        if line.strip():
            label = _parse(line, path, number)
            if label.id in labels:
                raise RecordingFormatError("its id was used before", path=path, line=number, fix=_FIX)
            labels[label.id] = label
    return list(labels.values())


def in_force(labels: Sequence[Label], *, each_source: bool = False) -> list[Label]:
    """Rule 2."""
    kind = {label.id: label.annotator_kind for label in labels}
    replaced = {
        label.supersedes
        for label in labels
        if not each_source or kind.get(label.supersedes or "") == label.annotator_kind
    }
    return [label for label in labels if label.id not in replaced]


def _parse(line: bytes | str, path: Path | str, number: int) -> Label:
    try:
        label = _DECODER.decode(line)
    except msgspec.ValidationError as error:
        # The words before " - at " may quote a value; the field's name after it is ours to show.
        where = str(error).rpartition(" - at ")[2] if " - at " in str(error) else "a field"
        raise RecordingFormatError(f"not a label: {where} is wrong", path=path, line=number, fix=_FIX) from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise RecordingFormatError("not a label: not a JSON object", path=path, line=number, fix=_FIX) from None
    if label.v > VERSION:
        raise UnsupportedVersion(path=path, needs=label.v, supports=VERSION)
    if label.kind != "message" and not _ordered(label):
        raise RecordingFormatError("offsets must be 0 <= start <= end", path=path, line=number, fix=_FIX)
    return label


def _ordered(label: Label) -> bool:
    return label.start is not None and label.end is not None and 0 <= label.start <= label.end
