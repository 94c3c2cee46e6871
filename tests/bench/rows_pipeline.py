"""The whole chain against the mediation tutorial's own code (``users_client``), and its stages one by one.

1. The same messages for both: untyped ones of about 1 KB that bring their context along, a third of them with a telephone
   number and an e-mail address.
2. ``pipeline-N``: N messages through a fresh chain (decode, validate, ground, redact, budget, audit with the record's body),
   with the tutorial's three rules and ``token_overlap`` in the place of our own; theirs grows with every message.
3. ``pipeline-growth``: CPU time of twice as many messages, divided.
4. ``stages-*``: the full default (all rules, the claim checks) on a composed session, stage by stage.
"""

from __future__ import annotations

import importlib.util
import json
import random
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from harness.clock import cpu_ns
from harness.dialects.mediation import MediationDialect
from harness.grounding.baseline import OverlapChecker
from harness.pii import Redactor
from harness.pii.rules import load_rules
from harness.pipeline.chain import Pipeline
from harness.pipeline.outcome import Outcome
from harness.pipeline.policy import PipelinePolicy

HERE = Path(__file__).resolve().parent
TARGETS = {2_000: 1 / 8, 20_000: 1 / 25}
GROWTH = 2.1
POLICY = PipelinePolicy(gateway_validation=False, generate="never")
NOUNS = "router invoice parcel contract appointment refund upgrade delivery account modem".split()
VERBS = "asked about|wants to change|has received|will return|was told about|is waiting for".split("|")


@cache
def messages(count: int, seed: int = 3) -> list[str]:
    """``count`` messages of 8 conversations."""
    rng = random.Random(seed)
    return [json.dumps(_message(number, rng)) for number in range(count)]


def _message(number: int, rng: random.Random) -> dict[str, Any]:
    turns = [
        f"the customer {rng.choice(VERBS)} the {rng.choice(NOUNS)} and the agent noted the {rng.choice(NOUNS)}."
        for _ in range(7)
    ]
    summary = " ".join(turns[:3])
    if number % 3 == 0:
        summary += f" call back on 628-232-{7000 + number % 1000} or write to user{number}@corvalis-mail.co."
    return {
        "interaction_id": f"bench-{number % 8}",
        "summary_matrix": {"min_tokens": 50, "max_tokens": 2048, "target_compression_ratio": 0.3},
        "extraction_directives": {
            "entity_types": ["PERSON", "PRODUCT"],
            "confidence_threshold": 0.9,
            "preserve_context_window": True,
        },
        "ai_gateway_version": "v2",
        "summary": summary,
        "conversation_context": " ".join(turns),
    }


def ours(count: int) -> Callable[[], object]:
    """Our chain with their rules."""
    rules = load_rules([("users_rules.toml", (HERE / "users_rules.toml").read_text(encoding="utf-8"))])
    redactor, checker = Redactor(rules), OverlapChecker()

    def run() -> None:
        pipeline = Pipeline(dialect=MediationDialect(), redactor=redactor, checker=checker, policy=POLICY)
        for text in messages(count):
            for effect in pipeline.feed(text):
                if isinstance(effect, Outcome):
                    json.dumps(pipeline.audit_body(effect))

    return run


def theirs(count: int) -> Callable[[], object]:
    """The baseline."""
    spec = importlib.util.spec_from_file_location("users_client", HERE / "users_client.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # pydantic looks the names of annotations up there
    spec.loader.exec_module(module)

    def run() -> None:
        client = module.UsersClient()
        for text in messages(count):
            client.take(text)

    return run


def growth() -> float:
    """CPU time of 4,000 messages by that of 2,000."""
    times = []
    for count in (2_000, 4_000):
        run = ours(count)
        messages(count)  # made outside the count
        before = cpu_ns()
        run()
        times.append(cpu_ns() - before)
    return times[1] / times[0]


class _Stages:
    """CPU time by stage, of a chain with everything."""

    def __init__(self) -> None:
        self.ns: dict[str, int] = {}
        self._last = 0

    def mark(self, stage: str) -> None:
        now = cpu_ns()
        if stage:
            self.ns[stage] = self.ns.get(stage, 0) + now - self._last
        self._last = cpu_ns()


def stages() -> dict[str, float]:
    """Stage -> microseconds a message, over composed sessions."""
    found, texts = _Stages(), list(_composed())
    for _ in range(3):
        pipeline = Pipeline(dialect=MediationDialect(), policy=POLICY, on_stage=found.mark)
        for text in texts:
            pipeline.feed(text)
    return {stage: ns / 1e3 / (3 * len(texts)) for stage, ns in found.ns.items()}


def _composed() -> Iterator[str]:
    from harness.recording.entry import WsMessage
    from harness.scenario.compose import compose
    from harness.scenario.model import load_scenario

    for path in sorted((HERE.parent.parent / "fixtures" / "scenarios").glob("*.yaml"))[:8]:
        for entry in compose(load_scenario(path), seed=1).entries:
            if isinstance(entry, WsMessage) and entry.dir == "in" and entry.text is not None:
                yield entry.text


def rows() -> list[Mapping[str, Any]]:
    """The rows of this file."""
    made: list[Mapping[str, Any]] = []
    for count, target in TARGETS.items():
        rival = {"users-client": theirs(count)}
        row = {"name": f"pipeline-{count}", "unit": "us/message", "per": count, "target": target}
        made.append({**row, "ours": ours(count), "against": rival})
    made.append({"name": "pipeline-growth", "unit": "t(2n)/t(n)", "value": growth, "target": GROWTH})
    for stage in ("decode", "validate", "ground", "redact", "budget", "audit"):
        made.append({"name": f"stages-{stage}", "unit": "us/message", "value": lambda stage=stage: stages()[stage]})
    return made
