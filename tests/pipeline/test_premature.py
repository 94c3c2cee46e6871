"""Which claims became true only after they were made."""

import json

from harness.dialects.mediation import MediationDialect
from harness.pipeline.chain import Pipeline


def test_a_pipeline_without_conversations_has_none() -> None:
    """Nothing was fed."""
    pipeline = Pipeline(dialect=MediationDialect())
    assert pipeline.premature() == []
    pipeline.feed(json.dumps({"type": "nonsense"}))
    assert pipeline.premature() == []
