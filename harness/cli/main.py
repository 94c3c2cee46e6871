"""``harness``: the entry point, which loads a verb's module only when that verb is called."""

from __future__ import annotations

import importlib
import sys
from typing import Any

import click

from harness._version import __version__

__all__ = ["TASKS", "VERBS", "main"]

VERBS = {
    "approve": "Pin a run as the baseline of a gate.",
    "audit": "Check that an audit log is as it was written.",
    "cat": "Print a recording's messages, one per line.",
    "chaos": "Run the live client against faults of the service, and check the history.",
    "compare": "Compare two runs, or two sets of rules, and say why messages flipped.",
    "compose": "Compile scenarios or transcripts into synthetic recordings.",
    "config": "Show the settings in force and where they come from.",
    "convert": "Convert recordings to other forms and states, and back.",
    "demo": "Run the whole loop on the embedded service and write a report.",
    "deliveries": "Look through the summaries a run delivered.",
    "doctor": "Examine recordings for damage and leaks.",
    "fuzz": "Search redaction rules, yours too, for leaks, over-redaction and slow inputs.",
    "gate": "Hold a run against a pinned baseline.",
    "grep": "Find a pattern in the texts of recordings.",
    "ground": "Check summaries against their conversations.",
    "history": "List the runs made here, and trends of their figures.",
    "info": "Show what a recording holds.",
    "init": "Write a CI job or a commit hook that checks recordings.",
    "key": "Make keys of surrogates and audit hashes.",
    "label": "Import, export and compare labels of recordings.",
    "merge": "Merge several recordings into one.",
    "migrate": "Bring a recording to the newest version of the format.",
    "load": "Put many clients on a service at loopback.",
    "new-test": "Make a test of one message of a recording.",
    "outbox": "What a run has still to deliver, and what it gave up.",
    "record": "Record live sessions, with personal data replaced.",
    "recover": "Write what is whole of a damaged recording to a new file.",
    "redact": "Replace personal data in text.",
    "replay": "Serve recordings to any client on a local port.",
    "report": "Render a run's report.",
    "rules": "List, test and explain the rules of redaction; measure a change of them.",
    "run": "Drive the pipeline over a live service or recordings.",
    "scan": "List what is left of personal data, and sign off.",
    "seal": "Repair checksums and seal after a hand edit.",
    "selfcheck": "Measure the gate's own false alarms.",
    "shrink": "Make a recording as small as can be while it still fails.",
    "split": "Split a recording by conversation.",
    "trim": "Cut a part out of a recording that can still be played.",
}
"""Verb -> its one-line help; each is a function ``command`` in ``harness.cli.<verb>`` (``-`` is ``_`` there)."""

TASKS = {
    "Record and replay": ("record", "replay", "run", "compose", "demo", "load", "chaos"),
    "Look at recordings": ("info", "cat", "grep", "doctor", "scan"),
    "Work on recordings": ("trim", "split", "merge", "convert", "seal", "recover", "migrate"),
    "From incident to test": ("shrink", "new-test"),
    "Redaction and grounding": ("redact", "ground", "rules", "fuzz", "label"),
    "Reports and gates": ("report", "compare", "gate", "approve", "history", "selfcheck"),
    "Deliveries and audit": ("deliveries", "outbox", "audit"),
    "Set up": ("config", "init", "key"),
}
"""What a user wants to do -> the verbs for it, as ``harness --help`` shows them."""


class LazyGroup(click.Group):
    """A group that lists its verbs without importing them, and says what is wrong with a call in one line."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """As click's, but for the form of its complaints."""
        try:
            return super().main(*args, **{**kwargs, "standalone_mode": False})
        except click.UsageError as error:
            click.echo(f"harness: {error.format_message().rstrip('.')} (see: {_asked(error.ctx)} --help)", err=True)
            sys.exit(error.exit_code)
        except click.ClickException as error:
            click.echo(f"harness: {error.format_message()}", err=True)
            sys.exit(error.exit_code)
        except click.Abort:
            click.echo("harness: interrupted", err=True)
            sys.exit(130)

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        """As click's; a verb that is not known is told with the nearest one."""
        if args[0] not in VERBS and not args[0].startswith("-"):
            from difflib import get_close_matches

            near = get_close_matches(args[0], VERBS, 1)
            raise click.UsageError(f"No such verb {args[0]!r}" + (f"; did you mean {near[0]}?" if near else ""), ctx)
        return super().resolve_command(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in VERBS:
            return None
        command = importlib.import_module(f"harness.cli.{cmd_name.replace('-', '_')}").command
        assert isinstance(command, click.Command)
        command.epilog = importlib.import_module("harness.cli.examples").epilog(cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        width = max(map(len, VERBS))
        for task, verbs in TASKS.items():
            with formatter.section(task):
                formatter.write_dl([(verb.ljust(width), VERBS[verb]) for verb in verbs])


def _asked(ctx: click.Context | None) -> str:
    """The command as it is typed, such as ``harness rules impact``."""
    names: list[str] = []
    while ctx is not None and ctx.parent is not None:
        names.append(str(ctx.info_name))
        ctx = ctx.parent
    return " ".join(["harness", *reversed(names)])


@click.command(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="harness")
def main() -> None:
    """Record, replay and check contact-centre mediation sessions.

    New here? `harness demo` shows the whole loop, `harness VERB --help` ends with examples.

    \b
    Exit codes: 0 ok, 1 a check failed, 2 usage, 3 internal error, 4 bad input file,
    5 nothing selected, 6 inconclusive (with --strict), 7 the service failed or refused, 130 interrupted.
    """
