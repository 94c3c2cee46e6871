"""The tables of ``harness/grounding/GROUNDING.md``: ``python tests/bench/ground_table.py`` prints them, ``--write`` puts them in.

1. Cases and edited summaries that the shipped model is fitted on are judged by five models, each by the one that was
   not fitted on their conversation. Scenarios are never fitted on: the shipped model judges them.
2. Nothing here depends on time or on the machine, so that the same policy gives the same tables.
3. The tables name the digest of the policy they were made with.
"""

from __future__ import annotations

import importlib.util
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.grounding import Checker
from harness.grounding.model import fitted
from harness.grounding.training import FOLDS, examples


def _sibling(name: str) -> Any:
    """A script beside this one, as a module."""
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


scores, ground_train = _sibling("ground_scores"), _sibling("ground_train")
FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
PAGE = FIXTURES.parent / "harness" / "grounding" / "GROUNDING.md"
BEGIN, END = "<!-- made by tests/bench/ground_table.py -->", "<!-- end -->"


def judges(groups: Sequence[str]) -> dict[str, Checker]:
    """For each conversation a checker that was not fitted on it; see rule 1."""
    known: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for case in ground_train.training():
        known[str(case["conversation"])].append(case)
    figures = {name: list(examples(cases)) for name, cases in known.items()}
    fold = {name: at % FOLDS for at, name in enumerate(sorted({*groups, *known}))}
    found = []
    for held in range(FOLDS):
        inside = [name for name in known if fold[name] != held]
        model = fitted([case for name in inside for case in known[name]], [e for name in inside for e in figures[name]])
        found.append(Checker(model))
    return {name: found[at] for name, at in fold.items()}


def reports() -> list[dict[str, Any]]:
    """The figures of each set."""
    cases = scores.load(FIXTURES / "grounding" / "cases.jsonl")
    edited = scores.load(FIXTURES / "grounding" / "edits")
    by_name = judges([case.group for case in (*cases, *edited)])
    sets = [("service calls", cases), *_kinds(edited)]
    found = [scores.report(Path(name), chosen, checkers=by_name) for name, chosen in sets]
    return [found[0], scores.report(FIXTURES / "scenarios"), *found[1:]]


def _kinds(edited: Sequence[Any]) -> Iterator[tuple[str, list[Any]]]:
    for title, start in (("sales calls, edited", "call-"), ("sales mails, edited", "mail-")):
        yield title, [case for case in edited if case.group.startswith(start)]
    yield "chats and meetings, edited", [case for case in edited if not case.group.startswith(("call-", "mail-"))]


def tables(found: Sequence[Mapping[str, Any]]) -> str:
    """The figures as Markdown."""
    calls = found[0]
    lines = [f"Policy `{Checker().policy_digest}`.", "", *_sets(found), "", *_reasons(calls), "", *_rules(calls)]
    return "\n".join(lines) + "\n"


def _sets(found: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    yield "| set | cases | conversations | balanced accuracy | AUROC | calibration error | token overlap | claim alone |"
    yield "|---|---|---|---|---|---|---|---|"
    for row in found:
        low, high = row["interval"]
        yield (
            f"| {row['set']} | {row['n']} | {row['conversations']} | {row['balanced_accuracy']:.2f} [{low:.2f}, {high:.2f}] "
            f"| {row['auroc']:.2f} | {row['calibration_error']:.2f} | {row['token_overlap']:.2f} | {row['claim_only']:.2f} |"
        )


def _reasons(calls: Mapping[str, Any]) -> Iterator[str]:
    yield "| service calls: judged rightly | | of | share |"
    yield "|---|---|---|---|"
    for name, row in calls["reasons"].items():
        label, _, reason = name.partition("/")
        verb = "passed" if label == "grounded" else "caught"
        yield f"| {verb} | {reason} | {row['n']} | {_share(row['right'], row['n'], row['interval'])} |"


def _rules(calls: Mapping[str, Any]) -> Iterator[str]:
    yield "| service calls: reason that rejected | rejected | rightly | faithful ones rejected |"
    yield "|---|---|---|---|"
    for reason, row in calls["found"].items():
        alarms = _share(row["alarms"], row["grounded"], row["interval"])
        yield f"| {reason} | {row['rejected']} | {row['precision']:.2f} | {alarms} |"


def _share(part: int, n: int, interval: tuple[float, float]) -> str:
    return f"{part / n:.2f} [{interval[0]:.2f}, {interval[1]:.2f}]"


def put(page: str, made: str) -> str:
    """``page`` with the tables between its marks."""
    before, _, rest = page.partition(BEGIN)
    return f"{before}{BEGIN}\n{made}{END}{rest.partition(END)[2]}"


def main() -> int:
    """Print the tables, or write them."""
    made = tables(reports())
    if "--write" in sys.argv[1:]:
        PAGE.write_text(put(PAGE.read_text(encoding="utf-8"), made), encoding="utf-8")
    else:
        sys.stdout.write(made)
    return 0


if __name__ == "__main__":
    sys.exit(main())
