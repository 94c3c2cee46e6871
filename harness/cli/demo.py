"""``harness demo``: the whole loop on the embedded service."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from harness.cli.common import ExitCode, say, verb
from harness.cli.progress import Steps
from harness.session.demo import DemoResult, run_demo

__all__ = ["command"]


@click.command()
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("reports/demo"),
    show_default=True,
    help="Folder of the report and the recordings.",
)
@click.option(
    "--seed", default=7, show_default=True, help="The scenarios' ids and times, and the surrogates, follow from it."
)
@click.option("--speed", default=20.0, show_default=True, help="How much faster than real the live sessions run.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
@verb
def command(out: Path, seed: int, speed: float, as_json: bool) -> None:
    """Compose the scenarios, serve them as a live service, record every session, replay and compare.

    Exit code 1 if the replay differs from the live sessions.
    """
    with Steps(quiet=as_json) as steps:
        result = asyncio.run(run_demo(out, seed=seed, speed=speed, progress=steps.step))
    figures = _figures(result)
    if as_json:
        click.echo(json.dumps(figures))
    else:
        _show(figures, result)
    failed = figures["parity"]["differing"] or figures["parity"]["problems"] or figures["failed_sessions"]
    sys.exit(ExitCode.FAILED if failed else ExitCode.OK)


def _figures(result: DemoResult) -> dict[str, Any]:
    verdicts, parity = result.report["verdicts"], result.report["parity"]
    message = result.report["measurements"].get("latency", {}).get("message", {})
    return {
        "sessions": verdicts["sessions"],
        "failed_sessions": [str(run.error) for run in result.live if run.error],
        "messages": verdicts["messages"],
        "rejected": verdicts["by_verdict"]["rejected"],
        "quarantined": verdicts["by_verdict"]["quarantined"],
        "spans_by_type": verdicts["spans_by_type"],
        "hallucinations_flagged": verdicts["hallucinations_flagged"],
        "parity": {name: parity[name] for name in ("messages", "differing", "substituted_spans", "problems")},
        "latency_ms": {name: message.get(name) for name in ("p50_ms", "p90_ms", "p99_ms")},
        "report": str(result.folder / "report.html"),
        "recordings": str(result.recordings),
    }


def _show(figures: dict[str, Any], result: DemoResult) -> None:
    table = Table(show_header=False, box=None, pad_edge=False)
    spans = ", ".join(f"{kind} {count}" for kind, count in figures["spans_by_type"].items())
    parity, latency = figures["parity"], figures["latency_ms"]
    rows = [
        ("sessions recorded and replayed", str(figures["sessions"])),
        ("messages", f"{figures['messages']} ({figures['rejected']} rejected, {figures['quarantined']} quarantined)"),
        ("personal data found", spans),
        ("values replaced on disk", str(parity["substituted_spans"])),
        ("hallucinations flagged", str(figures["hallucinations_flagged"])),
        ("parity live / replayed", f"{parity['messages']} messages, {parity['differing']} differing"),
        ("latency live, message", ", ".join(f"{name[:-3]} {_ms(value)}" for name, value in latency.items())),
        ("recordings", figures["recordings"]),
        ("report", figures["report"]),
    ]
    for name, value in rows:
        table.add_row(name, value)
    console = Console()
    # Piped, a table as wide as its widest row: nothing is wrapped.
    wide = console if console.is_terminal else Console(width=240)
    wide.print(table)
    for line in (*parity["problems"], *figures["failed_sessions"]):
        say(f"harness: {line}")


def _ms(value: Any) -> str:
    return f"{value:.1f} ms" if isinstance(value, int | float) else "n/a"
