"""The strip at the top of a report: what passed, what failed, what a person should look at.

1. ``fail``: the run contradicts itself or lost something: parity, replay, leak scan, validation, a missing
   measurement.
2. ``look``: a figure below perfect on which no threshold is set; a report does not invent one.
3. ``n/a``: not measured in this run, with the reason.
4. A check is a pure function of report.json; nothing of it is stored.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from harness.metrics.missing import NA

__all__ = ["Check", "checks", "failed"]

Status = Literal["pass", "fail", "look", "n/a"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One tile of the strip."""

    name: str
    status: Status
    detail: str


def checks(report: Mapping[str, Any]) -> list[Check]:
    """The tiles, most important first."""
    accuracy = report["verdicts"]["accuracy"]
    return [
        _parity(report["parity"]),
        _replay(report["parity"]),
        _scan(report["verdicts"]),
        _redaction(accuracy),
        _grounding(accuracy),
        _schema(accuracy),
        _latency(report["measurements"]),
    ]


def failed(report: Mapping[str, Any]) -> bool:
    """True when any check failed."""
    return any(check.status == "fail" for check in checks(report))


def _parity(parity: Mapping[str, Any]) -> Check:
    name = "Live = replayed"
    if parity["status"] == "n/a":
        return Check(name=name, status="n/a", detail=parity["why"]["status"])
    detail = f"{parity['differing']:,} of {parity['messages']:,} messages differ"
    if parity["status"] == "policy_changed":
        return Check(name=name, status="look", detail=f"{detail}; the policy changed in between")
    return Check(name=name, status="pass" if parity["status"] == "equal" else "fail", detail=detail)


def _replay(parity: Mapping[str, Any]) -> Check:
    count = len(parity["problems"])
    detail = f"problems reported: {count:,}" if count else "no problem was reported"
    if count and parity["policy_changed"]:
        # Another verdict may ask the gateway otherwise than was recorded: what was asked about, not a failure.
        return Check(name="Sessions ran clean", status="look", detail=f"{detail}; the policy changed in between")
    return Check(name="Sessions ran clean", status="fail" if count else "pass", detail=detail)


def _scan(verdicts: Mapping[str, Any]) -> Check:
    left, messages = verdicts["pii_scan_failures"], verdicts["messages"]
    if not messages:
        return Check(name="Second leak scan", status="fail", detail="no message was seen")
    detail = f"{left:,} of {messages:,} messages still held something"
    return Check(name="Second leak scan", status="fail" if left else "pass", detail=detail)


def _redaction(accuracy: Mapping[str, Any]) -> Check:
    name = "Labelled values covered"
    if accuracy["redaction"] == NA:
        return Check(name=name, status="n/a", detail=accuracy["why"]["redaction"])
    rows = accuracy["redaction"].values()
    leaked, chars = sum(row["chars_leaked"] for row in rows), sum(row["chars"] for row in rows)
    if not chars:
        return Check(name=name, status="n/a", detail="no personal data is labelled")
    detail = f"{leaked:,} of {chars:,} labelled characters in clear"
    return Check(name=name, status="look" if leaked else "pass", detail=detail)


def _grounding(accuracy: Mapping[str, Any]) -> Check:
    name = "Hallucination check"
    if accuracy["grounding"] == NA:
        return Check(name=name, status="n/a", detail=accuracy["why"]["grounding"])
    figures = accuracy["grounding"]
    rate = figures["balanced_accuracy"]
    if rate == NA:
        return Check(name=name, status="n/a", detail=figures["why"]["balanced_accuracy"])
    detail = f"balanced accuracy {100 * rate:.1f} % over {figures['n']:,} sentences"
    return Check(name=name, status="pass" if rate == 1 else "look", detail=detail)


def _schema(accuracy: Mapping[str, Any]) -> Check:
    name = "Validation"
    if accuracy["schema"] == NA:
        return Check(name=name, status="n/a", detail=accuracy["why"]["schema"])
    figures = accuracy["schema"]
    wrong = figures["n"] - figures["right"]
    detail = f"{wrong:,} of {figures['n']:,} messages decided wrongly"
    return Check(name=name, status="fail" if wrong else "pass", detail=detail)


def _latency(measurements: Mapping[str, Any]) -> Check:
    rate, slo = measurements["latency_slo_rate"], measurements["latency_slo_ms"]
    name = f"Within {slo:g} ms"
    if rate == NA:
        why = measurements["why"]["latency_slo_rate"]
        virtual = "virtual" in why
        return Check(name=name, status="n/a" if virtual else "fail", detail=why)
    detail = f"{100 * rate:.2f} % of {measurements['latency_slo_n']:,} messages"
    return Check(name=name, status="pass" if rate == 1 else "look", detail=detail)
