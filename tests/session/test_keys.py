"""Keys."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from harness.errors import ConfigError
from harness.session.keys import load_key, new_key_file


def test_key_file(tmp_path: Path) -> None:
    """A new file is for its owner only, gives the same key again, and is never written over."""
    path = tmp_path / "corpus.key"
    key = new_key_file(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_key(path, 7) == key
    assert len(key.secret) == 32
    assert key.id.startswith("k-") and key.secret.hex() not in repr(key) + key.id
    with pytest.raises(ConfigError, match="File exists"):
        new_key_file(path)


def test_seed() -> None:
    """Synthetic material has the key of its seed."""
    assert load_key(None, 7) == load_key(None, 7)
    assert load_key(None, 7).id == "seed-7"
    assert load_key(None, 7).secret != load_key(None, 8).secret


def test_session() -> None:
    """Without either, every session has its own."""
    assert load_key(None, None).secret != load_key(None, None).secret
    assert load_key(None, None).id == "session"


@pytest.mark.parametrize("content", [b"", b"ab" * 31, b"zz" * 32, b"AB" * 32, b"\xff" * 64])
def test_bad_files(tmp_path: Path, content: bytes) -> None:
    """A file without a key is refused, its content not shown."""
    path = tmp_path / "bad.key"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(ConfigError) as raised:
        load_key(path, None)
    assert "harness key new" in str(raised.value)
    assert not content or content.decode("latin-1") not in str(raised.value)


def test_unreadable(tmp_path: Path) -> None:
    """A file that is missing, has an impossible name, or is open to others is refused with the way out."""
    for path in (tmp_path / "none", tmp_path, Path("a\0b")):
        with pytest.raises(ConfigError, match="readable key file"):
            load_key(path, None)
    path = tmp_path / "open.key"
    new_key_file(path)
    path.chmod(0o640)
    with pytest.raises(ConfigError, match="chmod 600"):
        load_key(path, None)
