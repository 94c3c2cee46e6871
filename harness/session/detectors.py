"""Detectors of others, from a setting: ``presidio``, or the name of an entry point.

1. Entry points are looked up in the group ``harness.detectors``; one is called without arguments and returns a detector
   (:class:`harness.pii.extra.ExtraDetector`).
2. Each works on a thread of its own, and has :data:`PATIENCE_S` for a segment; after that the segment is masked, and
   the outcome says so.
3. Whatever another's code raises means that it could not look; its words are not repeated.
"""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from harness.errors import ConfigError
from harness.pii import Redactor
from harness.pii.extra import AidedRedactor, DetectorFailed, ExtraDetector
from harness.pii.user_rules import rules_of
from harness.text.span import Span

__all__ = ["GROUP", "PATIENCE_S", "Bounded", "PresidioDetector", "detectors_of", "redactor_of"]

GROUP = "harness.detectors"
PATIENCE_S = 5.0
_LEAST_SCORE = 0.5
_TYPES = {
    "PERSON": "PERSON",
    "PHONE_NUMBER": "PHONE",
    "EMAIL_ADDRESS": "EMAIL",
    "CREDIT_CARD": "CREDIT_CARD",
    "IBAN_CODE": "IBAN",
    "US_SSN": "SSN",
    "US_BANK_NUMBER": "BANK_ACCOUNT",
    "US_PASSPORT": "PASSPORT",
    "US_DRIVER_LICENSE": "DRIVER_LICENSE",
    "UK_NHS": "NATIONAL_ID",
    "IP_ADDRESS": "IP",
    "CRYPTO": "CRYPTO",
}
"""Presidio's entity -> our type; others, such as LOCATION and DATE_TIME, are no personal data by themselves."""


def detectors_of(names: Sequence[str]) -> tuple[ExtraDetector, ...]:
    """The detectors that ``names`` name, each bounded in time.

    Raises:
        ConfigError: there is no such detector, or its package is not installed.
    """
    return tuple(Bounded(_made(name)) for name in dict.fromkeys(names))


def redactor_of(rules: Sequence[Path], detectors: Sequence[str]) -> Redactor:
    """A redactor with rules of the user's and detectors of others, if there are any.

    Raises:
        ConfigError: a rule file is refused, or a detector is not to be had.
    """
    merged = rules_of(rules) if rules else None
    return AidedRedactor(merged, detectors_of(detectors)) if detectors else Redactor(merged)


def _made(name: str) -> ExtraDetector:
    if name == "presidio":
        return PresidioDetector()
    for point in importlib.metadata.entry_points(group=GROUP, name=name):
        try:
            detector: ExtraDetector = point.load()()
        except Exception as error:  # noqa: BLE001 - it is another package's code
            raise ConfigError("--detector", name, "a detector that loads", fix=type(error).__name__) from None
        return detector
    raise ConfigError("--detector", name, f"presidio, or an installed entry point of the group {GROUP}")


class Bounded:
    """A detector that is given so long for a segment, and no longer.

    Args:
        detector: does the work.
        patience_s: see rule 2.
    """

    def __init__(self, detector: ExtraDetector, patience_s: float = PATIENCE_S) -> None:
        self._detector = detector
        self._patience_s = patience_s
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="detector")
        self.name = detector.name
        self.version = detector.version

    def detect(self, text: str) -> Sequence[Span]:
        """As the detector does.

        Raises:
            DetectorFailed: it raised something, or was late.
        """
        work = self._thread.submit(self._detector.detect, text)
        try:
            return list(work.result(self._patience_s))
        except TimeoutError:
            # The late one keeps its thread; the next segment gets a new one.
            self._thread.shutdown(wait=False, cancel_futures=True)
            self._thread = ThreadPoolExecutor(1, thread_name_prefix="detector")
            raise DetectorFailed from None
        except Exception:  # noqa: BLE001 - whatever it raises, it could not look
            raise DetectorFailed from None


class PresidioDetector:
    """Presidio's analyzer: its pattern recognizers, and its language model where one is installed.

    Raises:
        ConfigError: ``presidio-analyzer`` is not installed.
    """

    name = "presidio"

    def __init__(self) -> None:
        try:
            import presidio_analyzer
        except ImportError:
            fix = "pip install 'mediation-harness[presidio]'"
            raise ConfigError("--detector", "presidio", "an installed presidio-analyzer", fix=fix) from None
        self.version = importlib.metadata.version("presidio-analyzer")
        model = _installed_model()
        self._analyze = _patterns(presidio_analyzer) if model is None else _engine(presidio_analyzer, model)
        self.version += f"+{model}" if model else ""

    def detect(self, text: str) -> Sequence[Span]:
        """What Presidio is fairly sure of."""
        found = self._analyze(text)
        return [
            Span(one.start, one.end, _TYPES[one.entity_type])
            for one in found
            if one.entity_type in _TYPES and one.score >= _LEAST_SCORE
        ]


def _installed_model() -> str | None:
    """An English language model of spaCy that is installed; Presidio would fetch one."""
    import spacy

    return next((name for name in sorted(spacy.util.get_installed_models()) if name.startswith("en_")), None)


def _patterns(presidio: Any) -> Callable[[str], list[Any]]:
    """Its recognizers that need no language model."""
    registry = presidio.RecognizerRegistry()
    registry.load_predefined_recognizers(languages=["en"])
    usable = [one for one in registry.recognizers if "Spacy" not in type(one).__name__]

    def analyze(text: str) -> list[Any]:
        return [hit for one in usable for hit in one.analyze(text, one.supported_entities, None) or []]

    return analyze


def _engine(presidio: Any, model: str) -> Callable[[str], list[Any]]:
    """The whole of it, names included."""
    from presidio_analyzer.nlp_engine import NlpEngineProvider

    models = [{"lang_code": "en", "model_name": model}]
    nlp = NlpEngineProvider(nlp_configuration={"nlp_engine_name": "spacy", "models": models}).create_engine()
    analyzer = presidio.AnalyzerEngine(nlp_engine=nlp)

    def analyze(text: str) -> list[Any]:
        return list(analyzer.analyze(text, language="en"))

    return analyze
