"""``harness chaos``: the real client against seeded faults, and the history it leaves."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence

import click

from harness.cli.common import ExitCode, say, verb
from harness.cli.progress import Steps
from harness.session.chaos.campaign import Campaign, run_campaign

__all__ = ["command"]

_SHOWN = 20


def _kinds(_context: click.Context, _parameter: click.Parameter, value: Sequence[str]) -> tuple[str, ...]:
    return tuple(kind for given in value for kind in given.split(",") if kind)


@click.command()
@click.option("--faults", type=click.IntRange(1, 1_000_000), default=200, show_default=True, help="How many to play.")
@click.option("--seed", type=int, default=5, show_default=True, help="Which faults, where, and every jitter.")
@click.option("--kinds", multiple=True, callback=_kinds, help="Only these kinds, separated by commas [default: all].")
@click.option(
    "--workers", type=click.IntRange(1, 64), default=min(os.cpu_count() or 1, 8), help="Processes [default: one a CPU]."
)
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
@verb
def command(faults: int, seed: int, kinds: tuple[str, ...], workers: int, as_json: bool) -> None:
    """Run the live client against a service on loopback that fails on purpose, and check the history afterwards.

    Recorder, audit log and outbox are at work as in `harness record`; what they left on the disk is compared with what
    the service says it sent. A fault is survived when its documented end was reached and the history is clean.
    Exit code 1 if one was not.
    """
    with Steps(quiet=as_json) as steps:
        campaign = run_campaign(
            faults, seed, kinds=kinds, workers=workers, progress=lambda done, total: steps.step("faults", done, total)
        )
    if as_json:
        click.echo(json.dumps(campaign.figures))
    else:
        _show(campaign)
    sys.exit(ExitCode.OK if campaign.figures["survived"] == campaign.figures["faults"] else ExitCode.FAILED)


def _show(campaign: Campaign) -> None:
    for name, value in campaign.figures.items():
        click.echo(f"{name.replace('_', ' '):16}{value}")
    failed = [result for result in campaign.results if not result.survived]
    for result in failed[:_SHOWN]:
        faults = " + ".join(result.trial.words)
        say(f"harness: trial {result.trial.number}, {faults}: {'; '.join(result.problems)}")
    if len(failed) > _SHOWN:
        say(f"harness: and {len(failed) - _SHOWN} trials more")
