"""``harness selfcheck``: how far the gate itself can be trusted."""

from __future__ import annotations

import json
import random
import sys

import click

from harness.cli.common import ExitCode, say, verb
from harness.metrics.selfcheck import false_alarms, power, trustworthy

__all__ = ["command"]


@click.command("selfcheck")
@click.option("--aa", "runs", type=click.IntRange(1, 10_000), default=20, show_default=True, help="Null comparisons.")
@click.option("--power/--no-power", "with_power", default=None, help="Also show what planted falls are found.")
@click.option("--seed", default=0, show_default=True, help="The same seed gives the same answer.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@verb
def command(runs: int, with_power: bool | None, seed: int, as_json: bool) -> None:
    """Simulate comparisons in which nothing is worse, and count the false alarms.

    Of accuracy and of latency, so many each, by the code that decides over real runs. Without --json it also shows how often
    a planted fall is found. Exit code 1 if chance cannot explain the false alarms at 5 %.
    """
    found = false_alarms(runs, random.Random(seed))
    rows = power(min(runs, 50), random.Random(seed + 1)) if with_power or (with_power is None and not as_json) else []
    if as_json:
        click.echo(json.dumps({**found.as_json(), **({"power": rows} if rows else {})}))
    else:
        click.echo(f"null comparisons          {found.runs} each")
        click.echo(f"false alarms, accuracy    {found.accuracy_false_alarms}")
        click.echo(f"false alarms, latency     {found.latency_false_alarms}")
        for row in rows:
            click.echo(
                f"n = {row['conversations']:<5} recall 3 points lower: found {100 * row['recall_drop']:.0f} %; "
                f"20 % slower: found {100 * row['slower']:.0f} % (of {row['runs']})"
            )
    if not trustworthy(found):
        say("harness: more false alarms than 5 % explains")
        sys.exit(ExitCode.FAILED)
