"""The options of ``harness replay``, read into those of the service."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.errors import ConfigError
from harness.replayer.faults import parse_fault, parse_faults
from harness.replayer.rules import Rules, parse_wildcard
from harness.wire.certificate import make_certificate, server_context

__all__ = ["service_options"]


def service_options(given: Mapping[str, Any], scratch: Path) -> tuple[dict[str, Any], Path | None]:
    """The service's options, and the certificate a client has to trust.

    Raises:
        ConfigError: an option cannot be read.
    """
    faults = [parse_fault(text) for text in given["fault_texts"]]
    if given["fault_file"] is not None:
        faults += parse_faults(_text_of(given["fault_file"]))
    certificate = make_certificate(scratch) if given["tls"] else None
    rules = Rules(ignore=given["ignore"], wildcards=dict(map(parse_wildcard, given["accept"])), bind=given["bind"])
    return {
        "speed": None if given["speed"] == "step" else _speed(given["speed"]),
        "stepping": given["speed"] == "step",
        "idle_cap_s": None if given["idle_cap"] is None else _seconds("--idle-cap", given["idle_cap"]),
        "match": given["match"],
        "rules": rules,
        "drain": given["drain"],
        "patience_s": _seconds("--patience", given["patience"]),
        "host": given["listen"],
        "token": given["token"],
        "stream_port": given["port"],
        "rest_port": given["rest_port"],
        "lenient": given["lenient"],
        "loop": given["loop"],
        "faults": faults,
        "seed": given["seed"],
        "journal": given["log"],
        "origins": given["origins"],
        "max_connections": given["max_connections"],
        "tls": None if certificate is None else server_context(certificate),
    }, certificate


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise ConfigError("--faults", str(path), "a readable text file") from None


def _speed(text: str) -> float | None:
    if text == "instant":
        return None
    try:
        return float(text.removesuffix("x"))
    except ValueError:
        raise ConfigError("--speed", text, "a number above 0 such as 10 or 10x, instant or step") from None


def _seconds(name: str, text: str) -> float:
    try:
        value = float(text.removesuffix("s"))
    except ValueError:
        value = -1.0
    if not 0 <= value < 1e6:
        raise ConfigError(name, text, "seconds, such as 2s")
    return value
