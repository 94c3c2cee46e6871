"""``harness``: the entry point, which loads a verb's module only when that verb is called."""

from __future__ import annotations

import importlib

import click

from harness._version import __version__

__all__ = ["VERBS", "main"]

VERBS = {
    "cat": "Print a recording's messages, one per line.",
    "compose": "Compile scenarios or transcripts into synthetic recordings.",
    "demo": "Run the whole loop on the embedded service and write a report.",
    "ground": "Check summaries against their conversations.",
    "key": "Make keys of surrogates and audit hashes.",
    "info": "Show what a recording holds.",
    "load": "Put many clients on a service at loopback.",
    "record": "Record live sessions, with personal data replaced.",
    "redact": "Replace personal data in text.",
    "replay": "Serve recordings to any client on a local port.",
    "report": "Render a run's report.",
    "run": "Drive the pipeline over a live service or recordings.",
    "seal": "Repair checksums and seal after a hand edit.",
}
"""Verb -> its one-line help; each is a function ``command`` in ``harness.cli.<verb>``."""


class LazyGroup(click.Group):
    """A group that lists its verbs without importing them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in VERBS:
            return None
        command = importlib.import_module(f"harness.cli.{cmd_name}").command
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Verbs"):
            formatter.write_dl(sorted(VERBS.items()))


@click.command(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="harness")
def main() -> None:
    """Record, replay and check contact-centre mediation sessions.

    \b
    Exit codes: 0 ok, 1 a check failed, 2 usage, 3 internal error, 4 bad input file,
    5 nothing selected, 7 the service failed or refused, 130 interrupted.
    """
