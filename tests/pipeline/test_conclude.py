"""The outcome of a message that is through all stages."""

from __future__ import annotations

import json
from typing import Any

from harness.dialects.mediation import MediationDialect
from harness.pii import Redactor
from harness.pii.book import NameBook
from harness.pipeline.audit import governance
from harness.pipeline.conclude import conclude
from harness.pipeline.counting import count
from harness.pipeline.outcome import Outcome
from harness.pipeline.policy import PipelinePolicy
from harness.pipeline.redact import RedactStage
from harness.pipeline.state import Work
from harness.text.span import Span

DIALECT = MediationDialect()


class Blind(Redactor):
    """Finds nothing."""

    def detect(self, text: str, names: NameBook | None = None) -> list[Span]:
        return []


def concluded(message: Any, redactor: Redactor) -> Outcome:
    event = DIALECT.decode(json.dumps(message))
    work = Work(number=7, event=event, raw="")
    work.redaction = RedactStage(redactor, DIALECT).submit(event, "")
    counted = count(work, None, PipelinePolicy().subscription)
    return conclude(work, None, counted, DIALECT.exempt_paths(event), PipelinePolicy())


def test_what_the_detector_missed_is_masked_and_quarantined() -> None:
    """The second look decides, and the governance says so."""
    found = concluded({"type": "news", "text": "call 628-374-9920", "seq": 1}, Blind())
    assert found.payload["text"] == "call [PHONE_REDACTED]"
    assert (found.verdict, found.stage, found.reasons, found.pii_redacted) == ("quarantined", "audit", ("leak",), False)
    assert found.governance == governance(found) == {"status": "non_compliant", "failing": "pii"}


def test_a_type_that_nobody_knows_is_no_id() -> None:
    """It is shown redacted, and so is the conversation's name."""
    found = concluded({"type": "call 628-374-9920", "interaction_id": "ann@corvalis-mail.co"}, Redactor())
    assert (found.event, found.conversation) == ("call [PHONE_REDACTED]", "[EMAIL_REDACTED]")
    assert (found.number, found.verdict, found.judge_requests) == (7, "accepted", ())
    assert found.governance == governance(found)
