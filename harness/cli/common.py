"""What every verb shares: exit codes, one-line errors, output.

1. Data goes to stdout, words to stderr.
2. A known error is one line with the way out; no traceback.
3. Text from a transcript is shown with its control, bidi and escape characters escaped.
"""

from __future__ import annotations

import functools
import sys
import unicodedata
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import click

from harness.errors import (
    ConfigError,
    HarnessError,
    RecordingError,
    RecordingNotFound,
    ReplayError,
    ScenarioError,
    ServiceError,
)

__all__ = ["ExitCode", "exit_code_of", "say", "shown", "verb"]

P = ParamSpec("P")
R = TypeVar("R")


class ExitCode:
    """Documented in ``harness --help``."""

    OK = 0
    FAILED = 1
    USAGE = 2
    INTERNAL = 3
    BAD_FILE = 4
    NOTHING = 5
    INCONCLUSIVE = 6
    SERVICE = 7
    INTERRUPTED = 130


_CODES: tuple[tuple[type[HarnessError], int], ...] = (
    (ConfigError, ExitCode.USAGE),
    (RecordingNotFound, ExitCode.NOTHING),
    (RecordingError, ExitCode.BAD_FILE),
    (ScenarioError, ExitCode.BAD_FILE),
    (ReplayError, ExitCode.FAILED),
    (ServiceError, ExitCode.SERVICE),
)


def exit_code_of(error: HarnessError) -> int:
    """The exit code documented for ``error``."""
    for kind, code in _CODES:
        if isinstance(error, kind):
            return code
    return ExitCode.INTERNAL


def say(words: str) -> None:
    """Words for people, on stderr."""
    click.echo(words, err=True)


def shown(text: str) -> str:
    """``text`` with every control, format and surrogate character written as an escape."""
    return "".join(f"\\u{ord(c):04x}" if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp") else c for c in text)


def fail(error: HarnessError) -> None:
    """Print the one line and leave with the error's code."""
    say(f"harness: {shown(str(error))}")
    sys.exit(exit_code_of(error))


def verb(function: Callable[P, R]) -> Callable[P, R]:
    """Turn known errors, also those a TaskGroup wraps, into one line and an exit code."""

    @functools.wraps(function)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> Any:
        try:
            return function(*args, **kwargs)
        except HarnessError as error:
            fail(error)
        except BaseExceptionGroup as group:
            known = group.subgroup(HarnessError)
            if known is None:
                raise
            fail(_first(known))
        except KeyboardInterrupt:
            say("harness: interrupted")
            sys.exit(ExitCode.INTERRUPTED)
        return None

    return wrapped


def _first(group: BaseExceptionGroup[HarnessError]) -> HarnessError:
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    assert isinstance(error, HarnessError)
    return error
