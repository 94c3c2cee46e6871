"""``harness shrink``: the smallest recording that still fails."""

from __future__ import annotations

import json
from pathlib import Path

import click

from harness.cli.common import say, shown, verb
from harness.cli.progress import Steps
from harness.cli.targets import recording_target
from harness.report.labels import labels_path
from harness.session.shrink.failing import parse
from harness.session.shrink.files import open_material, refuse_existing, write_shrunk
from harness.session.shrink.oracle import Oracle
from harness.session.shrink.search import Budget, Shrunk, shrink
from harness.settings import load_settings

__all__ = ["command", "facts_in_words"]


@click.command("shrink")
@click.argument("recording", metavar="RECORDING", type=click.Path(path_type=Path))
@click.option(
    "--failing", required=True, metavar="EXPR", help="What must still be wrong: words joined by and, or, ( )."
)
@click.option("-o", "--out", required=True, metavar="FILE", type=click.Path(path_type=Path), help="The new recording.")
@click.option("--rules", multiple=True, type=click.Path(path_type=Path), help="Your rule file, as for `harness run`.")
@click.option("--tries", default=1000, show_default=True, type=click.IntRange(1), help="Replays at most.")
@click.option("--seconds", type=click.FloatRange(0, min_open=True), help="Time at most [default: none].")
@click.option("--force", is_flag=True, help="Write over FILE and its labels.")
@click.option("--json", "as_json", is_flag=True, help="Say what was found as JSON.")
@verb
def command(
    recording: Path,
    failing: str,
    out: Path,
    rules: tuple[Path, ...],
    tries: int,
    seconds: float | None,
    force: bool,
    as_json: bool,
) -> None:
    """Take messages and words out of a recording as long as it fails in the same way, and write what is left.

    Words of EXPR: leak or leak:TYPE (a value is not covered), labels (a label beside it is not borne out), parity or
    parity:CLASS (it differs from its live side), ungrounded or ungrounded:REASON, verdict==rejected, rule:ID (a rule
    finds something), or the code of a reason. The failure must be that of a message which has it now; handshake,
    subscriptions, order and whole exchanges stay, so that the result can be replayed. RECORDING stays as it is.

    When tries or seconds are used up, the smallest so far is written. Exit code 5: the recording does not fail so.
    """
    expression = parse(failing)
    target = recording_target(out)
    if not force:
        refuse_existing([target, labels_path(target)])
    settings = load_settings(rules=rules) if rules else load_settings()
    material = open_material(recording)
    oracle = Oracle(material, expression, settings)
    with Steps(quiet=as_json) as steps:
        made = shrink(material, expression, oracle, budget=Budget(tries=tries, seconds=seconds), tell=steps.step)
    labels = write_shrunk(material, made, expression.text, target, force=force)
    _tell(target, made, labels, of=len(material.entries), as_json=as_json)


def facts_in_words(made: Shrunk) -> list[str]:
    """What still fails: "leak:PHONE in entry 28"."""
    return [f"{fact} in entry {fact.n}" for fact in sorted(made.facts, key=lambda fact: (fact.n, fact))]


def _tell(target: Path, made: Shrunk, labels: int, *, of: int, as_json: bool) -> None:
    left, there = made.messages
    entries = len(made.candidate.lines)
    still = facts_in_words(made)
    if as_json:
        facts = {
            "path": str(target),
            "messages": left,
            "of_messages": there,
            "entries": entries,
            "of_entries": of,
            "failing": still,
            "labels": labels,
            "tries": made.tries,
            "complete": not made.spent,
        }
        click.echo(json.dumps(facts))
        return
    click.echo(str(target))
    say(
        f"{left} of {there} messages kept ({entries} of {of} entries), {made.tries} tries; still: {shown(', '.join(still))}"
    )
    if made.spent:
        say("the budget ended the search: it may get smaller with more --tries or --seconds")
    n = min(fact.n for fact in made.facts)
    say(f"next: harness cat {shown(str(target))}, or harness new-test {shown(str(target))} --entry {n}")
