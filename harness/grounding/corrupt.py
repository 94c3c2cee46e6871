"""Makes hallucinations out of faithful claims by exchanging two things, in the claim or in the conversation.

1. Each exchange gives four cases: (conversation, claim) true, (conversation, claim') false, (conversation', claim')
   true, (conversation', claim) false; so neither the claim nor the conversation alone tells the label.
2. Exchanged are two values of one sort (``number_binding_swap``), two names (``entity_swap``), the two roles
   (``speaker_swap``).
3. The same case and seed give the same exchanges; a claim without anything to exchange gives none.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping
from typing import Any

from harness.grounding.checker import Checker
from harness.grounding.checks.names import names_of
from harness.grounding.claims import read
from harness.grounding.evidence import Evidence
from harness.grounding.mentions import agree, rivals
from harness.grounding.model import Model

__all__ = ["exchange", "exchanges"]

_NO_MODEL = Model({}, "", 0)
_ROLES = re.compile(r"\b(agent|customer)\b", re.IGNORECASE)
_OTHER = {"agent": "customer", "customer": "agent", "Agent": "Customer", "Customer": "Agent"}


def exchange(text: str, left: str, right: str) -> str:
    """``text`` with every whole ``left`` made ``right`` and the other way round."""
    pattern = re.compile(rf"(?<![\w.,$£€])(?:{re.escape(left)}|{re.escape(right)})(?![\w%]|[.,]\d)")
    return pattern.sub(lambda match: right if match.group() == left else left, text)


def exchanges(case: Mapping[str, Any], rng: random.Random) -> Iterator[dict[str, Any]]:
    """The cases made from a grounded case whose context is lines ``Speaker: text``."""
    context, claim = str(case["context"]), str(case["summary"])
    for reason, left, right in _choices(context, claim, rng):
        twin, false = exchange(context, left, right), exchange(claim, left, right)
        if twin != context and false != claim:
            yield from _square(case, reason, (context, twin), (claim, false))
    roles = set(_ROLES.findall(claim))
    if len(roles) == 1:
        twin = re.sub(r"^(Agent|Customer)(?=:)", lambda m: _OTHER[m[1]], context, flags=re.MULTILINE)
        false = _ROLES.sub(lambda match: _OTHER[match[1]], claim)
        yield from _square(case, "speaker_swap", (context, twin), (claim, false))


def _square(
    case: Mapping[str, Any], reason: str, contexts: tuple[str, str], claims: tuple[str, str]
) -> Iterator[dict[str, Any]]:
    for side, context in enumerate(contexts):
        for said, claim in enumerate(claims):
            yield {
                "id": f"{case['id']}~{reason}{side}{said}",
                "conversation": case.get("conversation", case["id"]),
                "context": context,
                "summary": claim,
                "label": "grounded" if side == said else "hallucinated",
                "reason": case.get("reason", "") if side == said else reason,
            }


def _choices(context: str, claim: str, rng: random.Random) -> list[tuple[str, str, str]]:
    """At most one exchange of values and one of names."""
    evidence = Checker(_NO_MODEL).conversation_of(context).evidence
    found = []
    for reason, pairs in (("number_binding_swap", _values(evidence, claim)), ("entity_swap", _names(evidence, claim))):
        if pairs:
            found.append((reason, *rng.choice(pairs)))
    return found


def _values(evidence: Evidence, claim: str) -> list[tuple[str, str]]:
    """A value of the claim, spelled as it was said, and another of its sort."""
    sentence = read(claim)
    pairs = set()
    for mention in sentence.mentions:
        spelled = claim[mention.start : mention.end]
        said = [place for place in evidence.mentions_like(mention) if _spelling(evidence, place) == spelled]
        for place in evidence.mentions_like(mention):
            other = evidence.mention(place)
            if said and rivals(mention, other) and not any(agree(own, other) for own in sentence.mentions):
                pairs.add((spelled, _spelling(evidence, place)))
    return sorted(pairs)


def _spelling(evidence: Evidence, place: tuple[int, int]) -> str:
    mention = evidence.mention(place)
    return evidence.units[place[0]].sentence.text[mention.start : mention.end]


def _names(evidence: Evidence, claim: str) -> list[tuple[str, str]]:
    said = {token.text for unit in evidence.units for token in names_of(unit.sentence)}
    mine = {token.text for token in names_of(read(claim))} & said
    return sorted((left, right) for left in mine for right in said - mine)
