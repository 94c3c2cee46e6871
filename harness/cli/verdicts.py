"""How comparisons are shown, and the options they share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeVar

import click

from harness.cli.common import ExitCode, shown
from harness.metrics.decide import SLOWER, TOLERANCE, Limits
from harness.metrics.missing import NA
from harness.metrics.paired import ALPHA

__all__ = ["code_of", "flip_lines", "leak_lines", "limit_options", "limits_of", "table_lines"]

F = TypeVar("F", bound=Callable[..., Any])


def limit_options(function: F) -> F:
    """--alpha, --tolerance, --slower, --strict."""
    for option in (
        click.option("--strict", is_flag=True, help="Leave with 6 where the corpus is too small to say."),
        click.option(
            "--slower",
            type=click.FloatRange(0, 10),
            default=SLOWER,
            show_default=True,
            help="How much slower passes: 0.1 = 10 %.",
        ),
        click.option(
            "--tolerance",
            type=click.FloatRange(0, 1, min_open=True),
            default=TOLERANCE,
            show_default=True,
            help="Net share of conversations that may be worse.",
        ),
        click.option(
            "--alpha",
            type=click.FloatRange(0, 0.5, min_open=True),
            default=ALPHA,
            show_default=True,
            help="Share of false alarms allowed.",
        ),
    ):
        function = option(function)
    return function


def limits_of(alpha: float, tolerance: float, slower: float) -> Limits:
    """What the options say."""
    return Limits(alpha=alpha, tolerance=tolerance, slower=slower)


def code_of(verdict: str, *, strict: bool) -> int:
    """The exit code of a comparison."""
    if verdict == "regressed":
        return ExitCode.FAILED
    return ExitCode.INCONCLUSIVE if strict and verdict == "inconclusive" else ExitCode.OK


def table_lines(figures: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """One line a figure, its numbers and, where it decides nothing, what would."""
    for row in figures:
        yield f"{row['verdict']:<13}{row['figure']:<36}{_numbers(row)}"


def _numbers(row: Mapping[str, Any]) -> str:
    if row["verdict"] == "missing":
        return str(row["why"]["n"])
    if row["kind"] == "latency":
        said = [f"ratio {_number(row['ratio'])}{_interval(row)}", f"n {row['n']}"]
    else:
        rates = f"{_percent(row['before'])} -> {_percent(row['after'])}"
        said = [rates, f"{row['worse']} worse, {row['better']} better of {row['n']}"]
    if row["verdict"] == "regressed":
        return "; ".join([*said, f"p {row['p_adjusted']:.2g}"])
    said.append(f"would show a change of {_percent(row['minimum_detectable_change'])}")
    if row["more_conversations"]:
        said.append(f"{row['more_conversations']:,} more conversations would decide")
    return "; ".join(said)


def _interval(row: Mapping[str, Any]) -> str:
    return "" if row["interval"] == NA else f" [{row['interval'][0]:.3f}, {row['interval'][1]:.3f}]"


def _number(value: Any) -> str:
    return NA if value == NA else f"{value:.3f}"


def _percent(value: Any) -> str:
    return NA if value == NA else f"{100 * value:.2f} %"


def leak_lines(leaks: Mapping[str, Any]) -> Iterator[str]:
    """New leaks by name, and how many are gone."""
    yield from (f"new leak     {shown(name)}" for name in leaks["new"])
    if leaks["gone"]:
        yield f"leaks that are gone: {len(leaks['gone']):,}"


def flip_lines(flips: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Each flip with its why: verdicts, reasons, rules of either side, and the words that differ."""
    for flip in flips:
        where = f"{flip['file']} message {flip['number']} ({flip['event']})"
        if flip["side"] != "both":
            yield f"flip         {shown(where)}: in the {flip['side']} run only"
            continue
        old, new = flip["verdict"]
        yield f"flip         {shown(where)}: {old if old == new else f'{old} -> {new}'}{_why(flip)}"
        for text in flip["words"]:
            words = " ".join(_mark(what, text_) for what, text_ in text["diff"])
            yield f"             {shown(text['path'])}: {shown(words)}"


def _why(flip: Mapping[str, Any]) -> str:
    said = []
    for name in ("rules", "reasons"):
        for side, sign in (("before", "-"), ("after", "+")):
            said += [f"{sign}{shown(one)}" for one in flip[name][side]]
    return f"  ({', '.join(said)})" if said else ""


def _mark(what: str, words: str) -> str:
    return words if what == "=" else f"[{what}{words}{what}]"
