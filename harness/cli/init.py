"""``harness init``: files that make a project's CI and its commits check recordings."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

import click

from harness.cli.common import say, shown, verb
from harness.errors import ConfigError
from harness.report.write import write_atomically

__all__ = ["RECIPES", "Recipe", "command", "recipe_text"]


class Recipe(NamedTuple):
    """``file`` is its text, beside this module; ``target`` where it goes; ``program``: it must be executable."""

    file: str
    target: str
    what: str
    program: bool = False


RECIPES = {
    "github": Recipe("github.yml", ".github/workflows/recordings.yml", "GitHub Actions"),
    "gitlab": Recipe("gitlab.yml", ".gitlab-ci.yml", "GitLab CI"),
    "pre-commit": Recipe("pre-commit.yaml", ".pre-commit-config.yaml", "the pre-commit framework"),
    "git-hook": Recipe("git-hook.sh", ".git/hooks/pre-commit", "plain git", program=True),
}
"""Option -> its recipe."""


def recipe_text(name: str) -> str:
    """The text of a recipe."""
    return (files("harness.cli") / "recipes" / RECIPES[name].file).read_text(encoding="utf-8")


@click.group("init")
def command() -> None:
    """Write files that make a project's CI and its commits check recordings."""


@command.command("ci")
@click.option("--github", "name", flag_value="github", help=f"Steps of GitHub Actions: {RECIPES['github'].target}.")
@click.option("--gitlab", "name", flag_value="gitlab", help=f"A job of GitLab CI: {RECIPES['gitlab'].target}.")
@click.option(
    "--pre-commit", "name", flag_value="pre-commit", help=f"A hook of pre-commit: {RECIPES['pre-commit'].target}."
)
@click.option("--git-hook", "name", flag_value="git-hook", help=f"A hook of git itself: {RECIPES['git-hook'].target}.")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True), help="Another file.")
@click.option("--force", is_flag=True, help="Replace the file if it is there.")
@verb
def ci(name: str | None, output: Path | None, force: bool) -> None:
    """Write a CI job or a commit hook, for you to look at and to change.

    The jobs scan, replay and gate the recordings in recordings/, and tell in the summary, in a comment that is kept up to
    date, as JUnit and as SARIF. The hooks refuse commits of recordings that hold personal data. -o - prints the text.
    """
    if name is None:
        raise ConfigError("init ci", "nothing", " | ".join(f"--{one}" for one in RECIPES))
    text, recipe = recipe_text(name), RECIPES[name]
    if str(output) == "-":
        click.echo(text, nl=False)
        return
    target = output or Path(recipe.target)
    if output is None and name == "git-hook" and not Path(".git").is_dir():
        raise ConfigError("--git-hook", "no .git here", "the top folder of a repository", fix="name the file: -o FILE")
    if target.exists() and not force:
        fix = "--force replaces it; -o - prints the text, to be put in by hand"
        raise ConfigError("--output", str(target), "a file that is not there yet", fix=fix)
    target.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(target, [text.encode()])
    if recipe.program:
        target.chmod(0o755)
    say(f"wrote {shown(str(target))} (for {recipe.what})")
