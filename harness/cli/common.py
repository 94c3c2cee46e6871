"""What every verb shares: exit codes, one-line errors, output.

1. Data goes to stdout, words to stderr.
2. A known error is one line with the way out; no traceback.
3. Text from a transcript is shown with its control, bidi and escape characters escaped.
"""

from __future__ import annotations

import functools
import os
import sys
import traceback
import unicodedata
from collections.abc import Callable
from pathlib import Path
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
        except ExceptionGroup as group:
            known = group.subgroup(HarnessError)
            if known is None:
                _internal(group)
            else:
                fail(_first(known))
        except KeyboardInterrupt:
            say("harness: interrupted")
            sys.exit(ExitCode.INTERRUPTED)
        except BrokenPipeError:
            _leave_quietly()
        except OSError as error:
            say(f"harness: {shown(str(error.filename or 'the system'))}: {error.strerror or type(error).__name__}")
            sys.exit(ExitCode.INTERNAL if error.filename is None else ExitCode.BAD_FILE)
        except Exception as error:  # noqa: BLE001  the last door: one line, nothing of what was being worked on
            _internal(error)
        return None

    return wrapped


def _leave_quietly() -> None:
    """Nobody reads on (``| head``): that is no error. Without this the interpreter would complain at its exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(ExitCode.OK)


def _internal(error: Exception) -> None:
    if isinstance(error, click.ClickException | click.exceptions.Exit | click.Abort):
        raise error
    if os.environ.get("HARNESS_DEBUG"):
        raise error
    last = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{Path(last.filename).name}:{last.lineno}"
    say(f"harness: internal error: {type(error).__name__} at {place} (HARNESS_DEBUG=1 shows where it came from)")
    sys.exit(ExitCode.INTERNAL)


def _first(group: BaseExceptionGroup[HarnessError]) -> HarnessError:
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    assert isinstance(error, HarnessError)
    return error
