"""``harness fuzz``: search the rules of redaction, yours among them, for what they miss and what they destroy."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness.cli.common import ExitCode, say, shown, verb
from harness.clock import SystemClock
from harness.errors import ConfigError
from harness.pii.user_rules import rules_of

if TYPE_CHECKING:
    from harness.fuzz import Report

__all__ = ["command"]

_KINDS = ("leak", "over", "chunk", "idempotence", "slow")
_FILE = click.Path(path_type=Path)


@click.command("fuzz")
@click.option("--rules", "files", multiple=True, type=_FILE, help="Rules of your own (TOML), merged in.")
@click.option("--minutes", type=click.FloatRange(0.01, 10_000), help="How long to search; 5 if nothing else is said.")
@click.option("--seed", type=int, help="Where chance begins; 0 by default.")
@click.option("--examples", type=click.IntRange(1, 10**7), metavar="N", help="Cases of each lane, instead of minutes.")
@click.option("--profile", type=click.Choice(["ci", "nightly"]), help="1,000 fixed cases, or 20,000 with a database.")
@click.option("--out", type=_FILE, metavar="DIR", help="Write every finding there, as a case and as a recording.")
@click.option("--only", type=click.Choice(_KINDS), multiple=True, help="Kinds of failure to look for.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@verb
def command(
    files: Sequence[Path],
    minutes: float | None,
    seed: int | None,
    examples: int | None,
    profile: str | None,
    out: Path | None,
    only: Sequence[str],
    as_json: bool,
) -> None:
    """Search the built-in rules and yours for leaks, over-redaction, chunk variance, lost idempotence and slow inputs.

    Every failure is shrunk and shown once, with the @example that repeats it. The same seed and number of examples find the
    same. Exit code 1 if something was found.
    """
    if importlib.util.find_spec("hypothesis") is None:
        raise ConfigError("fuzz", "hypothesis missing", "the extra fuzz", fix="pip install 'mediation-harness[fuzz]'")
    # hypothesis is an extra: nothing of it is loaded before this line.
    from harness.fuzz import PROFILES, fuzz

    rules = rules_of(files)
    chosen = PROFILES[profile] if profile else None
    if chosen is not None:
        seed = 0 if chosen.derandomized else seed
        examples = examples or (chosen.examples if minutes is None else None)
    report = fuzz(
        rules,
        seed=seed or 0,
        examples=examples if minutes is None or examples else None,
        out_of_time=_until(minutes if minutes is not None else None if examples else 5.0),
        kinds=only or _KINDS,
        database=(out or Path(".hypothesis")) / "examples" if chosen is not None and chosen.database else None,
    )
    if out is not None:
        from harness.fuzz.write import write_findings

        write_findings(report.findings, out, seed=report.seed)
    click.echo(json.dumps(report.as_json()) if as_json else _told(report))
    if report.findings:
        say(f"{len(report.findings)} found" + (f"; see {out}" if out else ""))
        raise SystemExit(ExitCode.FAILED)
    say("nothing found")


def _until(minutes: float | None) -> Callable[[], bool]:
    """Says when ``minutes`` from now are over; never without them."""
    if minutes is None:
        return lambda: False
    clock = SystemClock()
    end_ns = clock.monotonic_ns() + round(minutes * 60e9)
    return lambda: clock.monotonic_ns() >= end_ns


def _told(report: Report) -> str:
    lines = []
    for finding in report.findings:
        problem = finding.problem
        lines += [f"{problem.kind}  {problem.rule}: {problem.what}", f"  @example({shown(finding.example)})"]
    lines.append(f"seed {report.seed}, {report.tally.total('lane')} cases tried:")
    return "\n".join([*lines, *report.tally.lines()])
