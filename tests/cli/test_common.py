"""What every verb does with errors: one line, the documented code, nothing of the payload."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest

from harness.cli.common import exit_code_of, shown, verb
from harness.errors import (
    AuthError,
    ConfigError,
    HarnessError,
    RecordingFormatError,
    RecordingNotFound,
    ReplayStalled,
    ScenarioError,
)

SECRET = "4716-3724-2000-1851"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ConfigError("a", 1, "b"), 2),
        (RecordingNotFound("x", path="p"), 5),
        (RecordingFormatError("x", path="p"), 4),
        (ScenarioError("x", path="p"), 4),
        (ReplayStalled("x", after_s=1), 1),
        (AuthError(401), 7),
        (HarnessError("x"), 3),
    ],
)
def test_exit_codes(error: HarnessError, code: int) -> None:
    """Each kind of error has its documented code."""
    assert exit_code_of(error) == code


def _raises(error: BaseException) -> Callable[[], None]:
    def function() -> None:
        raise error

    return verb(function)


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (ExceptionGroup("several", [ExceptionGroup("inner", [AuthError(401)])]), 7, "credentials"),
        (KeyboardInterrupt(), 130, "interrupted"),
        (OSError(28, "No space left on device", "/x/y"), 4, "/x/y: No space left on device"),
        (OSError(28, "No space left on device"), 3, "the system: No space left on device"),
        (ValueError(SECRET), 3, "internal error: ValueError at test_common.py:"),
        (ExceptionGroup(SECRET, [ValueError(SECRET)]), 3, "internal error: ExceptionGroup"),
    ],
)
def test_one_line(
    error: BaseException, code: int, words: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever happens is one line on stderr, without the text of the error."""
    monkeypatch.delenv("HARNESS_DEBUG", raising=False)
    with pytest.raises(SystemExit) as left:
        _raises(error)()
    said = capsys.readouterr().err
    assert left.value.code == code
    assert words in said
    assert said.count("\n") == 1
    assert SECRET not in said


def test_debug(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asks for it is shown where an internal error came from."""
    monkeypatch.setenv("HARNESS_DEBUG", "1")
    with pytest.raises(ValueError, match="x"):
        _raises(ValueError("x"))()


def test_nobody_reads_on() -> None:
    """A closed pipe is no error."""
    code = "from harness.cli.common import verb\n@verb\ndef f():\n    raise BrokenPipeError\nf()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=30)
    assert (done.returncode, done.stderr) == (0, "")


def test_shown() -> None:
    """Control, bidi and escape characters of a transcript are shown as escapes."""
    assert shown("a\x1b[31m\u202eb\n") == "a\\u001b[31m\\u202eb\\u000a"
