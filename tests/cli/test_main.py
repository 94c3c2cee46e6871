from __future__ import annotations

import importlib

import click
import pytest
from click.testing import CliRunner

from harness import __version__
from harness.cli.main import TASKS, VERBS, main


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, arguments)
    return result.exit_code, result.output


def test_help_lists_every_verb_with_its_line() -> None:
    """``harness --help`` names all verbs, what each does, and the exit codes."""
    code, output = run("--help")
    assert code == 0
    for verb, words in VERBS.items():
        assert verb in output
        assert words.split()[0] in output
    assert "Exit codes" in output


def test_every_verb_is_for_one_task() -> None:
    """The help groups verbs by what a user wants to do; none is missing, and none is there twice."""
    grouped = [verb for verbs in TASKS.values() for verb in verbs]
    assert sorted(grouped) == sorted(VERBS)
    output = run("--help")[1]
    assert [task for task in TASKS if f"{task}:" not in output] == []


@pytest.mark.parametrize("verb", sorted(VERBS))
def test_every_verb_loads_and_explains_itself(verb: str) -> None:
    """A verb's module has a ``command``, and its --help says what it does and exits 0."""
    command = importlib.import_module(f"harness.cli.{verb.replace('-', '_')}").command
    assert isinstance(command, click.Command)
    code, output = run(verb, "--help")
    assert code == 0
    assert command.help
    assert "Usage:" in output


def test_an_unknown_verb_is_a_usage_error() -> None:
    """A verb that does not exist exits with 2 and no traceback."""
    code, output = run("nonsense")
    assert code == 2
    assert "nonsense" in output
    assert "Traceback" not in output
    assert run("shrnik")[1] == "harness: No such verb 'shrnik'; did you mean shrink? (see: harness --help)\n"


@pytest.mark.parametrize(
    "arguments, help_",
    [
        (("rules", "impact"), "harness rules impact --help"),
        (("label", "import", "t.csv"), "harness label import --help"),
        (("replay",), "harness replay --help"),
        (("--nonsense",), "harness --help"),
    ],
)
def test_a_usage_error_names_the_help_that_exists(arguments: tuple[str, ...], help_: str) -> None:
    """The command as it is typed, groups included."""
    code, output = run(*arguments)
    assert code == 2
    assert f"(see: {help_})" in output


def test_the_version_is_the_package_s() -> None:
    """``--version`` prints what the package says of itself."""
    code, output = run("--version")
    assert code == 0
    assert output.strip().endswith(__version__)
