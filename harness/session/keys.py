"""Keys of surrogates and audit hashes.

1. A key file holds 64 hex digits and is readable by its owner only.
2. Synthetic material needs no secret: its key follows from the seed.
3. Without either, a session makes a key of its own and forgets it: surrogates then agree within that session only.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from harness.errors import ConfigError

__all__ = ["SESSION", "Key", "load_key", "new_key_file"]


SESSION = "session"
"""The id of every key a session made for itself."""


@dataclass(frozen=True, slots=True)
class Key:
    """``id`` may be stored, ``secret`` must not."""

    id: str
    secret: bytes = field(repr=False)


def load_key(path: Path | None, seed: int | None) -> Key:
    """The key in force, by the rules above.

    Raises:
        ConfigError: the file cannot be read, is readable by others, or holds no key.
    """
    if path is not None:
        return _of(bytes.fromhex(_read(path)))
    if seed is not None:
        return Key(f"seed-{seed}", hashlib.sha256(f"mediation-harness/synthetic/{seed}".encode()).digest())
    return Key(SESSION, secrets.token_bytes(32))


def new_key_file(path: Path) -> Key:
    """Make a key file, mode 0600, never over an existing one.

    Raises:
        ConfigError: it exists or cannot be made.
    """
    secret = secrets.token_bytes(32)
    try:
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise ConfigError("key_file", str(path), "a path where a file can be made", fix=error.strerror or "") from None
    with os.fdopen(fd, "w") as file:
        file.write(secret.hex() + "\n")
    return _of(secret)


def _of(secret: bytes) -> Key:
    return Key("k-" + hashlib.sha256(b"id" + secret).hexdigest()[:8], secret)


def _read(path: Path) -> str:
    try:
        mode = path.stat().st_mode
        text = path.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        raise ConfigError("key_file", str(path), "a readable key file", fix="make one: harness key new FILE") from None
    if mode & 0o077:
        raise ConfigError("key_file", str(path), "a file only its owner can read", fix=f"chmod 600 {path}")
    if len(text) != 64 or not all(c in "0123456789abcdef" for c in text):
        raise ConfigError("key_file", str(path), "64 hex digits", fix="make one: harness key new FILE")
    return text
