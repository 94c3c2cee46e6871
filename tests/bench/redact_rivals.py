"""Run inside the environment of another redactor: texts as JSON in, CPU seconds and spans as JSON out.

.bench-venv/NAME/bin/python tests/bench/redact_rivals.py NAME < texts.json
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from typing import Any

Spans = list[tuple[int, int, str]]
NAMES = {
    "PHONE_NUMBER": "PHONE",
    "EMAIL_ADDRESS": "EMAIL",
    "US_SSN": "SSN",
    "IBAN_CODE": "IBAN",
    "IP_ADDRESS": "IP",
    "IP_ADDRESS_V4": "IP",
    "US_PASSPORT": "PASSPORT",
    "US_DRIVER_LICENSE": "DRIVER_LICENSE",
    "US_BANK_NUMBER": "BANK_ACCOUNT",
    "UK_NHS": "NATIONAL_ID",
    "phone": "PHONE",
    "email": "EMAIL",
    "credit_card": "CREDIT_CARD",
    "social_security_number": "SSN",
}


def presidio() -> Callable[[str], Spans]:
    """Its pattern recognizers, without a language model."""
    from presidio_analyzer import predefined_recognizers as known  # type: ignore[import-not-found]

    names = ("PhoneRecognizer", "EmailRecognizer", "CreditCardRecognizer", "UsSsnRecognizer", "IbanRecognizer")
    made = [getattr(known, name)() for name in (*names, "IpRecognizer", "UsPassportRecognizer", "NhsRecognizer")]

    def act(text: str) -> Spans:
        found = [r for one in made for r in one.analyze(text, one.supported_entities, None) or []]
        return best(
            [(r.start, r.end, NAMES.get(r.entity_type, r.entity_type), r.score) for r in found if r.score >= 0.3]
        )

    return act


def presidio_spacy() -> Callable[[str], Spans]:
    """The whole of it with an English language model: ``BENCH_SPACY_MODEL``, en_core_web_sm if unset."""
    import spacy  # type: ignore[import-not-found]
    from presidio_analyzer import AnalyzerEngine
    from presidio_analyzer.nlp_engine import NlpEngineProvider  # type: ignore[import-not-found]

    name = os.environ.get("BENCH_SPACY_MODEL", "en_core_web_sm")
    spacy.load(name)  # or Presidio would fetch it
    models = [{"lang_code": "en", "model_name": name}]
    engine = NlpEngineProvider(nlp_configuration={"nlp_engine_name": "spacy", "models": models}).create_engine()
    analyzer = AnalyzerEngine(nlp_engine=engine)

    def act(text: str) -> Spans:
        found = analyzer.analyze(text, language="en", score_threshold=0.3)
        return best([(r.start, r.end, NAMES.get(r.entity_type, r.entity_type), r.score) for r in found])

    return act


def best(found: list[tuple[int, int, str, float]]) -> Spans:
    """Of spans that overlap, the surest."""
    taken: Spans = []
    for start, end, type_, _ in sorted(found, key=lambda r: (-r[3], r[0] - r[1])):
        if all(end <= low or high <= start for low, high, _ in taken):
            taken.append((start, end, type_))
    return sorted(taken)


def scrubadub() -> Callable[[str], Spans]:
    import scrubadub as library  # type: ignore[import-not-found]

    scrubber = library.Scrubber()

    def act(text: str) -> Spans:
        return [(filth.beg, filth.end, NAMES.get(filth.type, filth.type)) for filth in scrubber.iter_filth(text)]

    return act


def datafog() -> Callable[[str], Spans]:
    from datafog.processing.text_processing.regex_annotator import RegexAnnotator  # type: ignore[import-not-found]

    annotator: Any = RegexAnnotator()

    def act(text: str) -> Spans:
        _, result = annotator.annotate_with_spans(text)
        return [(s.start, s.end, NAMES.get(s.label, s.label)) for s in result.spans if s.text.strip()]

    return act


def main() -> None:
    known = {
        "presidio-analyzer": presidio,
        "presidio-spacy": presidio_spacy,
        "scrubadub": scrubadub,
        "datafog": datafog,
    }
    act = known[sys.argv[1]]()
    texts = json.load(sys.stdin)
    for text in texts[:20]:
        act(text)
    before = time.process_time()
    spans = [act(text) for text in texts]
    json.dump({"cpu_s": time.process_time() - before, "spans": spans}, sys.stdout)


if __name__ == "__main__":
    main()
