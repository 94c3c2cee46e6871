"""Texts on their way to the file: searched, replaced, and scanned once more before they are written.

1. The personal data of an inbound message is what the pipeline found in it; of everything else, what the redactor finds
   here.
2. A text whose last scan still hits is withheld by its caller.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from harness.dialects.base import Dialect
from harness.dialects.json_scan import JsonText
from harness.dialects.json_text import KEY_SUFFIX, splice
from harness.pii import Redactor
from harness.pii.book import NameBook
from harness.pii.surrogate import SurrogateVault
from harness.pipeline.outcome import Outcome, PathSpan
from harness.pipeline.payload import leaves
from harness.recorder.edits import Edited, EditedString, Replacement, edit_text, leak_in, parse, strings, unescaped
from harness.recorder.safe import SECRET, form, is_secret
from harness.recorder.values import SplitValues
from harness.recording.entry import PiiLabel
from harness.text.span import Span

__all__ = ["Searcher", "WireText"]


@dataclass(slots=True, eq=False)
class WireText:
    """One text: what it was, what is replaced in it, and whether all of that is known."""

    raw: str = field(repr=False)
    parsed: JsonText | None = field(repr=False)
    replacements: list[Replacement] = field(default_factory=list, repr=False)
    spans: Sequence[PathSpan] = ()
    known: bool = False
    conversation: str = ""
    seq: int | None = None


class Searcher:
    """Finds and replaces, with one vault for the whole session."""

    def __init__(self, *, vault: SurrogateVault, redactor: Redactor, dialect: Dialect) -> None:
        self._vault = vault
        self._redactor = redactor
        self._dialect = dialect
        self._values = SplitValues(vault)
        self._names: dict[str, NameBook] = {}
        self.log: list[EditedString] = []
        """Every string of a message that was changed; what moves labels along."""

    def wire_text(self, raw: str) -> WireText:
        """``raw``, nothing known yet."""
        return WireText(raw, parse(raw))

    def told(self, text: WireText, outcome: Outcome) -> None:
        """The pipeline has judged ``text``."""
        spans = outcome.spans
        text.conversation, text.seq = outcome.conversation, outcome.seq
        decoded = dict(strings(text.raw, text.parsed))
        if any(span.path not in decoded for span in spans):
            # The pipeline judged the text as a whole: it is JSON to the scanner, but not to the dialect.
            text.parsed, decoded = None, {"": text.raw}
        rewritten = self._rewritten(text, spans)
        text.spans = [span for span in spans if span.path not in rewritten]
        for span in text.spans:
            value = decoded[span.path][span.start : span.end]
            self._values.add(span, unescaped(value) if text.parsed is None else value)
            if span.type == "PERSON":
                self._book(outcome.conversation).learn(value)
            elif not span.at and span.last:
                self._book(outcome.conversation).values.learn(span.type, value)
        for path, value in decoded.items():
            covered = [Span(s.start, s.end, s.type) for s in spans if s.path == path]
            if path not in rewritten:
                text.replacements += self._parts(path, value, covered)
        text.known = True

    def _rewritten(self, text: WireText, spans: Sequence[PathSpan]) -> set[str]:
        """Numbers written otherwise than the pipeline reads them (``4e9``): replaced whole, by what was read."""
        numbers = {} if text.parsed is None else {number.path: number.text for number in text.parsed.numbers}
        found = set()
        for path in {span.path for span in spans} & numbers.keys():
            literal, read = numbers[path], _read(numbers[path])
            if read == literal:
                continue
            found.add(path)
            edits = [
                (span.start, span.end, self._values.whole(span.type, read[span.start : span.end])[0])
                for span in sorted(spans, key=lambda span: span.start)
                if span.path == path
            ]
            first = next(span for span in spans if span.path == path)
            label = self._values.whole(first.type, read[first.start : first.end])[1]
            text.replacements.append(Replacement(path, 0, len(literal), splice(read, edits)[0], first.type, label))
        return found

    def close(self) -> None:
        """The session is over: what waits for more is replaced as it stands."""
        self._values.close()

    def survives(self, span: PathSpan) -> bool:
        """False for a piece of a value whose surrogate is too short to leave something in its place."""
        return not self._values.known(span) or bool(self._values.replacement(span)[0])

    def search(self, text: WireText) -> None:
        """Nobody else looks at ``text``: find its values here."""
        event = self._dialect.decode(text.raw)
        streams = self._dialect.text_paths(event)
        for path, value in strings(text.raw, text.parsed):
            if text.parsed is not None and _is_secret(path):
                text.replacements.append(Replacement(path, 0, len(value), SECRET, "SECRET", ""))
            elif streams.get(path, "").startswith("summary/"):
                # A piece of a longer text cannot be judged alone.
                text.replacements += self._whole(path, value, Span(0, len(value), "UNKNOWN"))
            elif not self._dialect.exempt(event, path):
                text.replacements += self._values_in(path, value, self._book(event.conversation))
        text.known = True

    def holds(self, text: str) -> bool:
        """Whether the detector finds anything in a text that stands alone."""
        return bool(self._redactor.detect(text))

    def complete(self, text: WireText) -> bool:
        """True when every value of ``text`` is known to its last piece."""
        return text.known and all(self._values.complete(span) for span in text.spans)

    def edited(self, text: WireText, cuts: Sequence[int] = ()) -> Edited:
        """The text as it may be written."""
        replacements = list(text.replacements)
        for span in text.spans:
            new, label = self._values.replacement(span)
            replacements.append(Replacement(span.path, span.start, span.end, new, span.type, label))
        done = edit_text(text.raw, text.parsed, replacements, cuts)
        self.log += [
            EditedString(conversation=text.conversation, seq=text.seq, path=path, edits=edits)
            for path, edits in done.places.items()
            if text.conversation
        ]
        return done

    def searched(self, raw: str) -> tuple[str | None, tuple[PiiLabel, ...]]:
        """(text, labels) of a text that stands alone; text None = it must be withheld."""
        if not raw:
            return raw, ()
        text = self.wire_text(raw)
        self.search(text)
        done = self.edited(text)
        return (None, ()) if self.leak(done, raw) else (done.text, done.labels)

    def searched_form(self, raw: str) -> tuple[str | None, tuple[PiiLabel, ...]]:
        """The same for a form: secrets by field name first."""
        return self.searched(form(raw, lambda key: not is_secret(key)))

    def leak(self, done: Edited, raw: str) -> str | None:
        """The type of a value the independent scan still finds in what is to be written for ``raw``."""
        return leak_in(done.text, self.exempt(raw), done.labels)

    def exempt(self, raw: str) -> Callable[[str], bool]:
        """Which paths of ``raw`` hold ids and enums."""
        event = self._dialect.decode(raw)
        return lambda path: self._dialect.exempt(event, path)

    def _book(self, conversation: str) -> NameBook:
        """The names that a conversation has heard."""
        return self._names.setdefault(conversation, NameBook())

    def _values_in(self, path: str, value: str, names: NameBook) -> list[Replacement]:
        spans = self._redactor.detect(value, names)
        found = [one for span in spans for one in self._whole(path, value, span)]
        return found + self._parts(path, value, spans)

    def _whole(self, path: str, value: str, span: Span) -> list[Replacement]:
        new, label = self._values.whole(span.type, value[span.start : span.end])
        return [Replacement(path, span.start, span.end, new, span.type, label)]

    def _parts(self, path: str, value: str, covered: Sequence[Span]) -> list[Replacement]:
        """Later mentions of a part of a known value ("ending in ..."), outside the values found in the string."""
        return [
            Replacement(path, edit.start, edit.end, edit.new, edit.type, edit.value_id)
            for edit in self._vault.replace_parts(value)
            if not any(edit.start < span.end and span.start < edit.end for span in covered)
        ]


def _is_secret(path: str) -> bool:
    """Whether the value at ``path``, or something it is part of, is a secret by its name."""
    is_key = path.endswith(KEY_SUFFIX) and not path.endswith("~" + KEY_SUFFIX)
    return not is_key and any(is_secret(name) for name in path.split("/"))


def _read(literal: str) -> str:
    """A number as the pipeline shows it."""
    try:
        return str(int(literal))
    except ValueError:
        return next((text for _, text in leaves(float(literal))), literal)
