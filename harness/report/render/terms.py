"""The words of a report, explained to whoever reads one for the first time."""

from __future__ import annotations

__all__ = ["TERMS"]

TERMS: tuple[tuple[str, str], ...] = (
    (
        "Parity",
        "The live session and its replay go through the same pipeline; message by message both must say the same. "
        "The class of a difference names the most upstream thing that changed: wire (a message is missing, extra or "
        "of another type), order, schema, budget, redaction, grounding, text.",
    ),
    ("Surrogate", "A made-up value of the same shape that stands for a real one in a recording."),
    ("Accepted, rejected, quarantined", "Deliverable; broken or refused; well formed but not to be shown."),
    (
        "Precision, recall",
        "Of what was found, the share that is right; of what is labelled, the share that was found. A value counts as "
        "found when the type is equal and at least half of the characters overlap (IoU 0.5).",
    ),
    ("F1, F2", "Means of precision and recall; F2 weighs recall more, because a leak costs more than a false alarm."),
    ("Characters in clear", "Labelled characters that no replacement of any type covered."),
    (
        "Balanced accuracy",
        "The mean of the share of hallucinated sentences that were flagged (sensitivity) and the share of grounded "
        "ones left alone (specificity). Flagging nothing gives 50 %.",
    ),
    ("AUROC", "The chance that a hallucinated sentence has less support than a grounded one. 50 % is guessing."),
    (
        "95 % interval",
        "Where the true figure may well lie, given how little was seen. Wilson's for shares, a bootstrap over whole "
        "conversations for F1, F2, balanced accuracy and AUROC; no interval where fewer than two conversations have "
        "such values, or all of them agree.",
    ),
    ("n/a", "Not measured, with the reason. A missing figure is never shown as 0."),
    (
        "p50, p99",
        "Half of the messages, 99 % of them, took at most this long. A percentile is shown only from enough samples: "
        "p95 from 20, p99 from 1,000.",
    ),
    ("latency_slo_rate", "The share of messages finished within the objective. It says nothing about being right."),
    (
        "pass, fail, look",
        "Look: below perfect, and no threshold is set for it. A person decides.",
    ),
    ("Digest of verdicts", "The same recordings under the same rules give the same digest, on any machine."),
)
