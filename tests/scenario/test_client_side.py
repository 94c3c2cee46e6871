"""What the client of a composed session asks for."""

from __future__ import annotations

import random

from harness.recording.entry import HttpRequest
from harness.scenario.client_side import ClientSide
from harness.scenario.labels import LabelBook
from harness.scenario.model import Scenario
from harness.scenario.steps import Summary
from harness.scenario.stream import Stream
from harness.scenario.wire_builder import WireBuilder


def test_the_gateway_never_knows_the_truth() -> None:
    """A hallucinated summary is as valid as any: validation is about form."""
    end = {"end": {"at": 1, "reason": "completed"}}
    scenario = Scenario.model_validate({"title": "t", "line": "bank", "date": "2026-03-14", "script": [end]})
    wire = WireBuilder(random.Random(1))
    client = ClientSide(scenario, "i-1", wire, Stream(wire, "i-1", LabelBook("i-1", "t")))
    sentences = [{"text": "No.", "label": "hallucinated", "reason": "negation"}]
    client.validate(Summary.model_validate({"at": 1, "deliver": "whole", "sentences": sentences}))
    request, _, chunk = wire.entries
    assert isinstance(request, HttpRequest)
    assert request.body == '{"interaction_id":"i-1","summary":"No.","context":[]}'
    assert getattr(chunk, "text", None) == '{"valid":true,"violations":[]}'
