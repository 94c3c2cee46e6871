"""Runs the benchmark rows: ``make bench``, or ``ONLY=name make bench`` for one (``ONLY=redact``: all of ``redact-*``).

1. Every ``rows_*.py`` beside this file has ``rows()``, which returns dicts with these keys:
   ``name``; ``unit`` (of ours and of the rivals, e.g. "us/message"); ``ours``: a function to call; ``against``: name ->
   function doing the same work; ``per``: units of work in one call (default 1); ``target``: the highest allowed
   ours / first rival (1/8 = eight times less CPU). Without ``against``, ``target`` is the highest allowed value of ours.
   ``value``: instead of ``ours``, a function returning the figure itself (bytes, a growth ratio, a count).
   ``also``: a function returning more rivals, and why others are absent (name -> reason); it may install them.
   ``hardest``: the ratio is taken to the best of the rivals, not to the first. ``absolute``: ``target`` is of ours itself,
   the rivals are only shown.
   ``missing``: a function saying what the row lacks to be measured here, '' for nothing; then it is left out, aloud.
2. A figure is CPU time of this process and of the children it waited for, never wall clock. A function whose work is
   done by a process that lives on returns that process's CPU seconds itself, as a float.
3. Ours, ours again and each rival run by turns in one process, >= 5 rounds; figures are medians.
4. ``noise`` is how far the two runs of ours differ: a ratio closer to its target than that says nothing.
5. The report lands in reports/bench.json whole or not at all. Exit code 1 when a target is missed.
"""

from __future__ import annotations

import argparse
import gc
import importlib.util
import json
import os
import platform
import resource
import statistics
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
REPORT = HERE.parent.parent / "reports" / "bench.json"
ROUNDS = 5
SCALE = {"s": 1.0, "ms": 1e3, "us": 1e6, "ns": 1e9}

Row = Mapping[str, Any]


def cpu_s() -> float:
    """CPU seconds, user and system, of this process and its finished children."""
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def timed(call: Callable[[], object]) -> float:
    """CPU seconds of one call."""
    before = cpu_s()
    told = call()
    return told if isinstance(told, float) else cpu_s() - before


def measure(row: Row, rounds: int) -> dict[str, Any]:
    """One row of the report."""
    more, absent = row["also"]() if "also" in row else ({}, {})
    rivals: Mapping[str, Callable[[], object]] = {**row.get("against", {}), **more}
    against: dict[str, list[float]] = {name: [] for name in rivals}
    ours: dict[str, list[float]] = {"first": [], "second": []}
    sample = row["value"] if "value" in row else lambda: timed(row["ours"])
    if "ours" in row:
        for call in (row["ours"], *rivals.values()):
            call()  # warm caches and lazy imports outside the count
    for _ in range(rounds):
        gc.collect()  # nobody pays for the garbage of the round before
        for side in ours.values():
            side.append(sample())
        for name, call in rivals.items():
            against[name].append(timed(call))
    scale = 1.0 if "value" in row else SCALE[row["unit"].split("/")[0]] / row.get("per", 1)
    first, second = (statistics.median(values) for values in ours.values())
    figures = {name: statistics.median(values) * scale for name, values in against.items()}
    for name, reason in absent.items():
        print(f"bench: {row['name']}: {name} is left out: {reason}", file=sys.stderr, flush=True)
    return judged(row, first * scale, second * scale, figures) | ({"absent": dict(absent)} if absent else {})


def judged(row: Row, first: float, second: float, against: Mapping[str, float]) -> dict[str, Any]:
    """The figures beside their target; with rivals the ratio is taken to one of them."""
    rival = min(against.values(), default=None) if row.get("hardest") else next(iter(against.values()), None)
    ratio = first / rival if rival else None
    figure = first if rival is None or row.get("absolute") else ratio
    target = row.get("target")
    return {
        "name": row["name"],
        "ours": first,
        "against": dict(against),
        "unit": row["unit"],
        "ratio": ratio,
        "target": target,
        "met": None if target is None or figure is None else figure <= target,
        "noise": abs(first - second) / max(first, second) if max(first, second) > 0 else 0.0,
    }


def discover(folder: Path) -> list[Row]:
    """The rows of every rows_*.py in ``folder``, in order of file name."""
    found: list[Row] = []
    for path in sorted(folder.glob("rows_*.py")):
        spec = importlib.util.spec_from_file_location(f"bench_{path.stem}", path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        found.extend(module.rows())
    return found


def machine() -> dict[str, Any]:
    """What the figures were measured on."""
    return {
        "system": platform.system(),
        "processor": platform.machine(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
    }


def line(row: Mapping[str, Any]) -> str:
    """One row for people."""
    against = ", ".join(f"{name} {value:.3g}" for name, value in row["against"].items())
    ratio = "" if row["ratio"] is None else f"  ratio {row['ratio']:.3f}"
    target = "" if row["target"] is None else f"  target <= {row['target']:.3g} {'met' if row['met'] else 'MISSED'}"
    rivals = f" ({against})" if against else ""
    return f"{row['name']:<28}{row['ours']:>10.3g} {row['unit']}{rivals}{ratio}{target}  noise {row['noise']:.1%}"


def write(path: Path, report: Mapping[str, Any]) -> None:
    """Write ``report`` whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".json.part")
    part.write_text(json.dumps(report, indent=2) + "\n")
    part.replace(path)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print and write; 0 when every target is met."""
    parser = argparse.ArgumentParser(description="Benchmark rows by CPU time, interleaved.")
    parser.add_argument(
        "--only",
        default=os.environ.get("ONLY", ""),
        help="name of the row to run, or what comes before a dash in the names of several",
    )
    parser.add_argument("--rounds", type=int, default=int(os.environ.get("ROUNDS", ROUNDS)))
    parser.add_argument("--rows", type=Path, default=HERE, help="folder with rows_*.py")
    parser.add_argument("--report", type=Path, default=REPORT)
    options = parser.parse_args(arguments)
    rows = discover(options.rows)
    chosen = [row for row in rows if not options.only or f"{row['name']}-".startswith(f"{options.only}-")]
    if not chosen:
        print(f"bench: no row {options.only!r}; there are: {', '.join(row['name'] for row in rows)}", file=sys.stderr)
        return 2
    results = []
    for row in chosen:
        lacking = row.get("missing", str)()
        if lacking:
            print(f"bench: {row['name']} is left out: {lacking}", file=sys.stderr, flush=True)
            continue
        results.append(measure(row, max(ROUNDS, options.rounds)))
        print(line(results[-1]), flush=True)
    write(options.report, {"machine": machine(), "rows": results})
    return int(any(result["met"] is False for result in results))


if __name__ == "__main__":
    sys.exit(main())
