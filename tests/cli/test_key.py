"""``harness key new``."""

from __future__ import annotations

import json
import stat
from pathlib import Path

from click.testing import CliRunner

from harness.cli.key import command


def test_new_key(tmp_path: Path) -> None:
    """A key file is made for its owner only; its secret is not printed."""
    path = tmp_path / "key"
    done = CliRunner().invoke(command, ["new", str(path), "--json"])
    assert done.exit_code == 0
    assert json.loads(done.stdout)["key_id"].startswith("k-")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_text().strip() not in done.output


def test_never_over_a_file(tmp_path: Path) -> None:
    """An existing file is refused and stays as it is."""
    path = tmp_path / "key"
    path.write_text("mine")
    done = CliRunner().invoke(command, ["new", str(path)])
    assert done.exit_code == 2
    assert path.read_text() == "mine"
