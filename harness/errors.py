"""Every exception the harness raises on purpose.

    HarnessError
    |- ConfigError(+ValueError)         name, value, allowed
    |- RecordingError                   path, line
    |  |- RecordingNotFound
    |  |- RecordingFormatError > UnsupportedVersion
    |  |- RecordingTruncated
    |  '- RecordingWriteError           stops the session: traffic never goes unrecorded in silence
    |- ScenarioError                    path, where: a scenario or transcript that cannot be composed
    |- ReplayError                      the client under test differs from the recording
    |  |- UnexpectedMessage             nearest, differences
    |  |- ReplayStalled                 waiting_for
    |  '- ReplayIncomplete              unplayed
    |- NetworkBlocked                   the guard stopped a dial to a real host
    |- ServiceError                     the far side
    |  |- AuthError(status)
    |  |- PermissionDenied(scope)
    |  |- RateLimited(retry_after_s)
    |  '- ConnectionLost(close)
    '- SinkError(idempotency_key)

Rules:
1. A message of the service that is bad is a value (an outcome), never one of these.
2. An error carries facts as attributes and renders them in ``__str__``.
3. No error holds payload text or a secret: sizes, positions, types and names only.
4. Every message names the way out where there is one (``fix``).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

__all__ = [
    "AuthError",
    "ConfigError",
    "ConnectionLost",
    "HarnessError",
    "NetworkBlocked",
    "PermissionDenied",
    "RateLimited",
    "RecordingError",
    "RecordingFormatError",
    "RecordingNotFound",
    "RecordingTruncated",
    "RecordingWriteError",
    "ReplayError",
    "ReplayIncomplete",
    "ReplayStalled",
    "ScenarioError",
    "ServiceError",
    "SinkError",
    "UnexpectedMessage",
    "UnsupportedVersion",
]


class HarnessError(Exception):
    """Base of every error raised on purpose; ``fix`` is the way out, or ''."""

    fix: str = ""

    def __init__(self, message: str = "", *, fix: str = "") -> None:
        super().__init__(message)
        self.message = message
        if fix:
            self.fix = fix

    def __str__(self) -> str:
        return f"{self.message} ({self.fix})" if self.fix else self.message


class ConfigError(HarnessError, ValueError):
    """A setting, option or argument is out of its bounds.

    Args:
        name: the setting as the user writes it.
        value: the refused value (never that of a secret).
        allowed: what would be accepted, in words.
    """

    def __init__(self, name: str, value: object, allowed: str, *, fix: str = "") -> None:
        self.name = name
        self.value = value
        self.allowed = allowed
        super().__init__(f"{name}: {value!r} is not allowed; expected {allowed}", fix=fix)


class RecordingError(HarnessError):
    """Something is wrong with a recording file; ``line`` counts from 1, 0 means the whole file."""

    def __init__(self, message: str, *, path: Path | str, line: int = 0, fix: str = "") -> None:
        self.path = Path(path)
        self.line = line
        where = f"{self.path}:{line}" if line else str(self.path)
        super().__init__(f"{where}: {message}", fix=fix)


class RecordingNotFound(RecordingError):
    """No such file, or the folder holds no ``*.rec.jsonl``."""


class RecordingFormatError(RecordingError):
    """A line is not what the format says: bad JSON, bad checksum, wrong types, too long, too deep."""


class UnsupportedVersion(RecordingFormatError):
    """The file needs a newer reader.

    Args:
        needs: the file's ``min_reader``.
        supports: the version this build reads.
    """

    def __init__(self, *, path: Path | str, needs: int, supports: int) -> None:
        self.needs = needs
        self.supports = supports
        super().__init__(
            f"needs a reader of format version {needs}, this one reads {supports}",
            path=path,
            line=1,
            fix="update mediation-harness",
        )


class RecordingTruncated(RecordingError):
    """The file ends without a seal or in the middle of a line."""


class RecordingWriteError(RecordingError):
    """An entry could not be written (disk full, permission, file exists).

    Args:
        errno: what the system said, 0 if it was not the system.
    """

    def __init__(self, message: str, *, path: Path | str, line: int = 0, errno: int = 0, fix: str = "") -> None:
        self.errno = errno
        super().__init__(message, path=path, line=line, fix=fix)


class ScenarioError(HarnessError):
    """A scenario or transcript cannot be composed.

    Args:
        path: the file.
        where: the place in it (a step, a line, a field), or ''.
    """

    def __init__(self, message: str, *, path: Path | str, where: str = "", fix: str = "") -> None:
        self.path = Path(path)
        self.where = where
        place = f"{self.path}: {where}" if where else str(self.path)
        super().__init__(f"{place}: {message}", fix=fix)


class ReplayError(HarnessError):
    """The client under test did not do what the recording holds."""


class UnexpectedMessage(ReplayError):
    """The client sent something the recording does not hold at this point.

    Args:
        what: what arrived, in words without payload text ("send #2", "POST /summaries").
        nearest: the closest recorded candidate, in words, or ''.
        differences: one line per field that differs: JSON path and kinds of value, never payload text.
    """

    def __init__(self, what: str, *, nearest: str = "", differences: Sequence[str] = (), fix: str = "") -> None:
        self.what = what
        self.nearest = nearest
        self.differences = tuple(differences)
        detail = f"; nearest recorded: {nearest}" if nearest else ""
        if self.differences:
            detail += "; differs in " + ", ".join(self.differences)
        super().__init__(f"unexpected {what}{detail}", fix=fix)


class ReplayStalled(ReplayError):
    """The replayer waited for the client longer than the gate timeout."""

    def __init__(self, waiting_for: str, *, after_s: float, fix: str = "") -> None:
        self.waiting_for = waiting_for
        self.after_s = after_s
        super().__init__(f"stalled for {after_s:.1f} s, waiting for {waiting_for}", fix=fix)


class ReplayIncomplete(ReplayError):
    """The session ended while recorded traffic was still to come."""

    def __init__(self, unplayed: Sequence[str], *, fix: str = "") -> None:
        self.unplayed = tuple(unplayed)
        shown = "; ".join(self.unplayed[:5])
        more = len(self.unplayed) - 5
        tail = f"; and {more} more" if more > 0 else ""
        super().__init__(f"{len(self.unplayed)} recorded steps were not played: {shown}{tail}", fix=fix)


class NetworkBlocked(HarnessError):
    """The network guard stopped a dial.

    Args:
        host: the refused host.
        port: the refused port, 0 where none was named.
        site: the line that dialled, as ``file:line in function``, or ''.
    """

    def __init__(self, host: str, port: int, *, fix: str = "", site: str = "") -> None:
        self.host = host
        self.port = port
        self.site = site
        at = f" at {site}" if site else ""
        super().__init__(f"a connection to {host}:{port} was blocked{at}", fix=fix)


class ServiceError(HarnessError):
    """The far side failed or refused."""


class AuthError(ServiceError):
    """The service did not accept the credentials or the token (HTTP ``status``, or WebSocket close code)."""

    def __init__(self, status: int, message: str = "the credentials were not accepted", *, fix: str = "") -> None:
        self.status = status
        super().__init__(f"{message} (status {status})", fix=fix or "check GENESYS_CLIENT_ID and GENESYS_CLIENT_SECRET")


class PermissionDenied(ServiceError):
    """A 403: the client lacks ``scope``."""

    def __init__(self, scope: str) -> None:
        self.scope = scope
        super().__init__(f"the OAuth client lacks the scope {scope}", fix="grant it to the client and try again")


class RateLimited(ServiceError):
    """A 429 that outlived its retries; ``retry_after_s`` is None where the service named none."""

    def __init__(self, retry_after_s: float | None) -> None:
        self.retry_after_s = retry_after_s
        wait = "" if retry_after_s is None else f"; it asks for {retry_after_s:g} s"
        super().__init__(f"the service limits the rate{wait}", fix="try again later or lower the rate")


class ConnectionLost(ServiceError):
    """The link could not be made, or was lost and not made again.

    Args:
        close: how it ended, in words: "close 1006", "refused", "timeout".
    """

    def __init__(self, close: str, *, fix: str = "") -> None:
        self.close = close
        super().__init__(f"the connection was lost: {close}", fix=fix)


class SinkError(HarnessError):
    """A delivery failed; ``idempotency_key`` names it in the audit log.

    Args:
        idempotency_key: of the delivery, "" where the failure is of none.
        message: what failed; no text of the delivery.
        final: trying again cannot help, such as after a 400.
        retry_after_s: what the far side asked for.
    """

    def __init__(
        self,
        idempotency_key: str,
        message: str = "the sink did not take the outcome",
        *,
        final: bool = False,
        retry_after_s: float | None = None,
    ) -> None:
        self.idempotency_key = idempotency_key
        self.problem = message
        self.final = final
        self.retry_after_s = retry_after_s
        super().__init__(f"{message} (delivery {idempotency_key})" if idempotency_key else message)
