"""Scores the hallucination check on labelled JSONL: ``python tests/bench/ground_scores.py FILE... [--json OUT]``.

1. A line is ``{"id", "context", "summary", "label", "reason"}``; label is ``grounded`` or ``hallucinated``. A folder of
   scenarios is read too: each labelled sentence of a summary, against what was said before it; and a folder of edited
   summaries (``harness/grounding/edits.py``).
2. Intervals resample conversations, never lines.
3. Beside the check stand the rules it replaces (token overlap, ROUGE-L; each at the threshold that suits the very set
   best, which flatters them) and the claim-only control: a model that never sees the context, by folds of conversations.
4. The calibration error is of ``score`` as the probability of being grounded, ten bins.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from harness.grounding import Checker, rouge_l, token_overlap
from harness.grounding.edits import edits, parse_edits
from harness.metrics.stats import auroc, cluster_bootstrap, wilson
from harness.pii import Redactor
from harness.pii.identity import Identities
from harness.scenario.model import load_scenario
from harness.scenario.steps import Summary, Utterance
from harness.text.tokens import tokenize

FOLDS = 5


class Case(NamedTuple):
    """One labelled summary; ``group`` names its conversation."""

    id: str
    group: str
    context: Any
    summary: str
    grounded: bool
    reason: str


class Scored(NamedTuple):
    """A case, the check's verdict and its score."""

    case: Case
    passed: bool
    score: float
    found: str


def load(path: Path) -> list[Case]:
    """The cases of a JSONL file, of a folder of scenarios, or of one of edited summaries."""
    if path.is_dir() and any(path.glob("*.txt")):
        return list(_edited(path))
    if path.is_dir():
        return [case for file in sorted(path.glob("*.yaml")) for case in _scenario(file)]
    groups: dict[str, str] = {}
    found = []
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        group = str(row.get("conversation") or groups.setdefault(json.dumps(row["context"]), str(len(groups))))
        grounded = row["label"] == "grounded"
        found.append(Case(str(row["id"]), group, row["context"], row["summary"], grounded, row.get("reason") or ""))
    return found


def _scenario(path: Path) -> Iterator[Case]:
    identities = Identities(Redactor())
    turns: list[dict[str, str]] = []
    for number, step in enumerate(load_scenario(path).script):
        if isinstance(step.action, Utterance):
            turns.append({"speaker": step.action.by, "text": identities.mask(step.action.text.text).text})
        elif isinstance(step.action, Summary):
            for place, sentence in enumerate(step.action.sentences):
                text = identities.mask(sentence.text.text).text
                name = f"{path.stem}/{number}/{place}"
                yield Case(name, path.stem, list(turns), text, sentence.label == "grounded", sentence.reason or "")


def _edited(folder: Path) -> Iterator[Case]:
    rng = random.Random(0)
    for file in sorted(folder.glob("*.txt")):
        for found in parse_edits(file.read_text(encoding="utf-8"), file.name):
            for row in edits(found, rng):
                yield Case(
                    row["id"], found.name, row["context"], row["summary"], row["label"] == "grounded", row["reason"]
                )


def check_all(cases: Sequence[Case], checkers: Mapping[str, Checker] | None = None) -> tuple[list[Scored], float]:
    """Every case scored, by the checker of its group if given, and CPU milliseconds a case.

    Cases in a row on one context share its evidence.
    """
    shipped, found = Checker(), []
    context: Any = None
    conversation = shipped.conversation()
    begun = time.process_time()
    for case in cases:
        if (case.group, case.context) != context:
            checker = checkers[case.group] if checkers else shipped
            context, conversation = (case.group, case.context), checker.conversation_of(case.context)
        result = conversation.check(case.summary)
        reason = next((claim.reason for claim in result.claims if claim.verdict == "ungrounded"), "")
        found.append(Scored(case, result.verdict == "grounded", result.score, reason))
    return found, (time.process_time() - begun) * 1000 / max(1, len(cases))


def balanced(pairs: Sequence[tuple[bool, bool]]) -> float | None:
    """Balanced accuracy of (label, verdict) pairs; None without both labels."""
    rates = []
    for wanted in (True, False):
        of_label = [verdict is wanted for label, verdict in pairs if label is wanted]
        if not of_label:
            return None
        rates.append(sum(of_label) / len(of_label))
    return sum(rates) / 2


def best_threshold(scores: Sequence[tuple[bool, float]]) -> float:
    """The highest balanced accuracy that any threshold reaches."""
    ordered = sorted(scores, key=lambda pair: pair[1])
    positives = sum(label for label, _ in ordered) or 1
    negatives = len(ordered) - positives or 1
    best, below_pos, below_neg = 0.5, 0, 0
    for at, (label, score) in enumerate(ordered):
        below_pos += label
        below_neg += not label
        if at + 1 == len(ordered) or ordered[at + 1][1] != score:
            best = max(best, ((positives - below_pos) / positives + below_neg / negatives) / 2)
    return best


def text_of(context: Any) -> str:
    """A context as one text."""
    return context if isinstance(context, str) else "\n".join(f"{turn['speaker']}: {turn['text']}" for turn in context)


def claim_only(cases: Sequence[Case]) -> float | None:
    """Balanced accuracy of naive Bayes on the summaries alone, conversations of one fold never in training."""
    names = sorted({case.group for case in cases})
    fold = {name: at % FOLDS for at, name in enumerate(names)}
    pairs = []
    for held in range(FOLDS):
        model = _bayes([case for case in cases if fold[case.group] != held])
        pairs += [(case.grounded, model(case.summary)) for case in cases if fold[case.group] == held]
    return balanced(pairs)


def _bayes(cases: Sequence[Case]) -> Callable[[str], bool]:
    counts: dict[bool, Counter[str]] = {True: Counter(), False: Counter()}
    for case in cases:
        counts[case.grounded].update(_claim_features(case.summary))
    size = len({*counts[True], *counts[False]}) or 1
    totals = {label: sum(counter.values()) + size for label, counter in counts.items()}

    def says(summary: str) -> bool:
        votes = {
            label: sum(math.log((counts[label][word] + 1) / totals[label]) for word in _claim_features(summary))
            for label in (True, False)
        }
        return votes[True] >= votes[False]

    return says


def _claim_features(summary: str) -> set[str]:
    tokens = tokenize(summary)
    return {token.stem for token in tokens} | {f"length:{len(tokens) // 5}"}


def calibration(scored: Sequence[Scored]) -> float:
    """Expected calibration error, ten bins."""
    bins: dict[int, list[Scored]] = defaultdict(list)
    for item in scored:
        bins[min(9, int(item.score * 10))].append(item)
    gaps = [
        abs(sum(item.score for item in found) - sum(item.case.grounded for item in found)) for found in bins.values()
    ]
    return sum(gaps) / len(scored) if scored else 0.0


def report(
    path: Path,
    cases: Sequence[Case] | None = None,
    *,
    rivals: bool = True,
    checkers: Mapping[str, Checker] | None = None,
) -> dict[str, Any]:
    """Every figure of one set; ``checkers`` as in :func:`check_all`."""
    cases = load(path) if cases is None else cases
    scored, cost = check_all(cases, checkers)
    clusters: dict[str, list[tuple[bool, bool]]] = defaultdict(list)
    for item in scored:
        clusters[item.case.group].append((item.case.grounded, item.passed))
    figures: dict[str, Any] = {
        "set": path.stem,
        "n": len(cases),
        "conversations": len(clusters),
        "balanced_accuracy": balanced([pair for group in clusters.values() for pair in group]),
        "interval": cluster_bootstrap(
            list(clusters.values()),
            lambda groups: [balanced([pair for group in groups for pair in group])],
            random.Random(0),
            replicates=300,
        )[0],
        "auroc": auroc(
            [item.score for item in scored if item.case.grounded],
            [item.score for item in scored if not item.case.grounded],
        ),
        "calibration_error": calibration(scored),
        "ms_a_case": cost,
        "reasons": _reasons(scored),
        "found": _found(scored),
    }
    if rivals:
        texts = {id(case.context): text_of(case.context) for case in cases}
        overlap = [(case.grounded, *token_overlap(texts[id(case.context)], case.summary)) for case in cases]
        rouge = [(case.grounded, rouge_l(texts[id(case.context)], case.summary)) for case in cases]
        figures["token_overlap"] = balanced([(label, verdict) for label, verdict, _ in overlap])
        figures["token_overlap_best"] = best_threshold([(label, score) for label, _, score in overlap])
        figures["rouge_l_best"] = best_threshold(rouge)
        figures["claim_only"] = claim_only(cases)
    return figures


def _reasons(scored: Sequence[Scored]) -> dict[str, Any]:
    """By label and reason: how many were judged rightly, of how many, with a Wilson interval."""
    table: dict[str, list[bool]] = defaultdict(list)
    for item in scored:
        for reason in item.case.reason.split(",") if item.case.reason else ["-"]:
            label = "grounded" if item.case.grounded else "hallucinated"
            table[f"{label}/{reason}"].append(item.passed is item.case.grounded)
    return {
        name: {"right": sum(rights), "n": len(rights), "interval": wilson(sum(rights), len(rights))}
        for name, rights in sorted(table.items())
    }


def _found(scored: Sequence[Scored]) -> dict[str, Any]:
    """By the reason that decided: how many grounded summaries it rejected, of all grounded ones, and its precision."""
    grounded = sum(item.case.grounded for item in scored)
    table: dict[str, list[bool]] = defaultdict(list)
    for item in scored:
        if not item.passed:
            table[item.found].append(not item.case.grounded)
    return {
        reason: {
            "alarms": len(rights) - sum(rights),
            "grounded": grounded,
            "interval": wilson(len(rights) - sum(rights), grounded),
            "rejected": len(rights),
            "precision": sum(rights) / len(rights),
        }
        for reason, rights in sorted(table.items())
    }


def show(figures: dict[str, Any]) -> str:
    """One set for people."""

    def text(name: str) -> str:
        return "n/a" if figures.get(name) is None else f"{figures[name]:.3f}"

    low, high = figures["interval"] or (math.nan, math.nan)
    lines = [
        f"{figures['set']}: n={figures['n']} conversations={figures['conversations']}",
        f"  balanced accuracy {text('balanced_accuracy')} [{low:.3f}, {high:.3f}]  AUROC {text('auroc')}"
        f"  calibration error {text('calibration_error')}  {figures['ms_a_case']:.2f} ms/case",
    ]
    if "claim_only" in figures:
        lines.append(
            f"  token_overlap {text('token_overlap')} (best threshold {text('token_overlap_best')})"
            f"  ROUGE-L best {text('rouge_l_best')}  claim-only {text('claim_only')}"
        )
    for name, row in figures["reasons"].items():
        low, high = row["interval"]
        lines.append(
            f"    {name:<40}{row['right']:>4}/{row['n']:<4} {row['right'] / row['n']:.2f} [{low:.2f}, {high:.2f}]"
        )
    if figures["found"]:
        lines.append(
            "    false alarms by the reason that decided (of all grounded ones), and how often the reason is right"
        )
    for name, row in figures["found"].items():
        low, high = row["interval"]
        lines.append(
            f"    {name:<40}{row['alarms']:>4}/{row['grounded']:<4} {row['alarms'] / max(1, row['grounded']):.2f}"
            f" [{low:.2f}, {high:.2f}]  right {row['precision']:.2f} of {row['rejected']}"
        )
    return "\n".join(lines)


def main() -> int:
    """Score every file and print; with ``--wrong`` also what was judged wrongly."""
    parser = argparse.ArgumentParser(description="Score the hallucination check on labelled JSONL.")
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--brief", action="store_true", help="without rivals and reasons")
    parser.add_argument("--wrong", action="store_true", help="list ids judged wrongly, with the reason found")
    options = parser.parse_args()
    found = []
    for path in options.files:
        figures = report(path, rivals=not options.brief)
        if options.brief:
            figures["reasons"] = figures["found"] = {}
        found.append(figures)
        print(show(figures), flush=True)
        if options.wrong:
            for item in check_all(load(path))[0]:
                if item.passed is not item.case.grounded:
                    print(f"    {'+' if item.case.grounded else '-'} {item.case.id} {item.case.reason} -> {item.found}")
    if options.json:
        options.json.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
