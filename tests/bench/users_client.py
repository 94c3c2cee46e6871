"""BASELINE, not of the product: what the mediation tutorial's client does with a message, written anew from its description.

The same work in the same order, kept as it is there: JSON, one pydantic model, an estimate of the tokens, three patterns
through ``re.sub``, the share of the summary's words that occur in the context, a SHA-256, a latency sample, the callback, the
share of all samples so far under 500 ms (so a message costs more the more there were before it), two log lines of which
one is the audit.
"""

from __future__ import annotations

import hashlib
import io
import json
import logging
import re
import time
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel, Field, ValidationError

__all__ = ["PATTERNS", "UsersClient"]

PATTERNS = (
    (r"\b\d{3}[-.]?\d{3}[-.]?\d{4}\b", "[PHONE_REDACTED]"),
    (r"\b[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Z|a-z]{2,}\b", "[EMAIL_REDACTED]"),
    (r"\b\d{4}[- ]?\d{4}[- ]?\d{4}[- ]?\d{4}\b", "[CC_REDACTED]"),
)
"""The three rules of the tutorial; they are its interface, so they are the same."""


class _Matrix(BaseModel):
    min_tokens: int = Field(ge=50, le=500)
    max_tokens: int = Field(ge=500, le=4096)
    target_compression_ratio: float = Field(gt=0.0, le=1.0)


class _Directives(BaseModel):
    entity_types: list[str] = Field(default=["PERSON", "ORGANIZATION", "PRODUCT"])
    confidence_threshold: float = Field(default=0.85, ge=0.0, le=1.0)
    preserve_context_window: bool = True


class _Payload(BaseModel):
    interaction_id: str
    summary_matrix: _Matrix
    extraction_directives: _Directives
    ai_gateway_version: str = "v2"


def _nowhere() -> logging.Logger:
    """A logger in the tutorial's format that writes to memory nobody keeps."""

    class Sink(io.StringIO):
        def write(self, text: str) -> int:
            return len(text)

    logger = logging.getLogger("users-client")
    logger.setLevel(logging.INFO)
    logger.propagate = False
    logger.handlers.clear()
    handler = logging.StreamHandler(Sink())
    handler.setFormatter(logging.Formatter("%(asctime)s - %(name)s - %(levelname)s - %(message)s"))
    logger.addHandler(handler)
    return logger


class UsersClient:
    """Takes raw messages; ``delivered`` counts those that passed."""

    def __init__(self) -> None:
        self.samples: list[float] = []
        self.frames = 0
        self.rate = 0.0
        self.delivered = 0
        self._log = _nowhere()

    def take(self, raw: str) -> None:
        """One message."""
        began = time.perf_counter()
        try:
            frame = json.loads(raw)
            if not self._valid(frame):
                return
            self._limit(frame)
            self._process(frame, frame.get("conversation_context", ""))
            latency = time.perf_counter() - began
            self.samples.append(latency)
            self.frames += 1
            if frame.get("hallucination_check_passed"):
                self.delivered += 1
                self.rate = sum(1 for sample in self.samples if sample < 0.5) / len(self.samples)
                self._audit(frame, latency)
                self._log.info("Frame processed successfully. Interaction: %s", frame.get("interaction_id"))
            else:
                self._log.warning("Hallucination mitigation failed. Frame dropped.")
        except json.JSONDecodeError:
            self._log.error("Malformed WebSocket message received")

    def _valid(self, frame: dict[str, Any]) -> bool:
        try:
            _Payload.model_validate(frame)
        except ValidationError as error:
            self._log.error("Schema validation failed: %s", error.errors())
            return False
        return True

    def _limit(self, frame: dict[str, Any]) -> None:
        if self.frames + len(json.dumps(frame)) // 4 > 4096:
            frame["truncated"] = True
            frame["context_window_trigger"] = "update_required"
            self._log.warning("Token limit approaching. Context window update triggered.")

    def _process(self, frame: dict[str, Any], context: str) -> None:
        text = frame.get("summary", "")
        for pattern, replacement in PATTERNS:
            text = re.sub(pattern, replacement, text, flags=re.IGNORECASE)
        frame["summary"] = text
        words, said = set(text.lower().split()), set(context.lower().split())
        frame["hallucination_check_passed"] = len(words & said) / max(len(words), 1) >= 0.6
        frame["audit_hash"] = hashlib.sha256(text.encode()).hexdigest()

    def _audit(self, frame: dict[str, Any], latency: float) -> None:
        entry = {
            "timestamp": datetime.now(UTC).isoformat(),
            "interaction_id": frame.get("interaction_id"),
            "latency_ms": round(latency * 1000, 2),
            "audit_hash": frame.get("audit_hash"),
            "pii_redacted": True,
            "governance_status": "compliant",
        }
        self._log.info("AUDIT_LOG: %s", json.dumps(entry))
