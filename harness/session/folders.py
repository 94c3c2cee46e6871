"""Folders of output, made before anything is dialled."""

from __future__ import annotations

from pathlib import Path

from harness.errors import ConfigError

__all__ = ["made_folder"]


def made_folder(folder: Path) -> Path:
    """``folder``, made if need be.

    Raises:
        ConfigError: it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise ConfigError("folder", str(folder), f"a folder that can be made ({why})", fix="name another one") from None
    return folder
