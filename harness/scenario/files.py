"""Composed recordings on disk: ``<name>.rec.jsonl`` and ``<name>.labels.jsonl``.

1. Everything is composed and written in a staging folder inside the target, then moved: an error leaves the target
   as it was.
2. A file that exists is an error, unless ``force``: then it is replaced in one step.
3. Two inputs that would have the same name are an error before anything is moved.
4. A file's place never comes from its content: names of transcripts are made safe (``transcript.py``).
5. A transcript in which no turn has ``spans`` gets no labels file: an empty one would say that it holds no personal data.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from harness.errors import ScenarioError
from harness.recording.writer import RecordingWriter
from harness.scenario.compose import Composed, compose
from harness.scenario.labels import encode_labels
from harness.scenario.model import load_scenario
from harness.scenario.transcript import read_dialogues, to_scenario

__all__ = ["LABELS", "RECORDING", "compose_dialogues", "compose_files", "find_scenarios", "write_composed"]

RECORDING = ".rec.jsonl"
LABELS = ".labels.jsonl"

_SCENARIOS = frozenset({".yaml", ".yml", ".jsonl"})


def find_scenarios(paths: Iterable[Path | str]) -> list[Path]:
    """The scenario files of ``paths``: files as they are, folders for what lies directly in them.

    Raises:
        ScenarioError: a path is not there, or a folder holds no scenario.
    """
    found: list[Path] = []
    for path in map(Path, paths):
        if path.is_dir():
            inside = sorted(child for child in path.iterdir() if _is_scenario(child))
            if not inside:
                raise ScenarioError("holds no scenario (*.yaml, *.jsonl)", path=path)
            found += inside
        else:
            found.append(path)
    return found


def _is_scenario(path: Path) -> bool:
    return path.suffix in _SCENARIOS and not path.name.endswith((RECORDING, LABELS)) and path.is_file()


def compose_files(
    paths: Iterable[Path | str], out_dir: Path | str, seed: int = 7, *, force: bool = False
) -> list[Path]:
    """Compose scenarios (or folders of them) into ``out_dir``; returns the recordings' paths.

    Raises:
        ScenarioError: a file cannot be composed or written; nothing was.
    """
    composed = (compose(load_scenario(path), seed=seed) for path in find_scenarios(paths))
    return write_composed(composed, out_dir, force=force)


def compose_dialogues(
    file: BinaryIO, path: Path | str, out_dir: Path | str, seed: int = 7, *, force: bool = False
) -> list[Path]:
    """Compose every transcript of ``file`` into ``out_dir``; returns the recordings' paths.

    Args:
        file: opened for reading bytes.
        path: its name, for errors.
        out_dir: where to write; made if it is not there.
        seed: ids, times and cuts are drawn from it.
        force: replace files that exist.

    Raises:
        ScenarioError: a line cannot be composed, or a file not written; nothing was.
    """
    return write_composed(_dialogues(file, Path(path), seed), out_dir, force=force)


def _dialogues(file: BinaryIO, path: Path, seed: int) -> Iterator[Composed]:
    lines: dict[str, int] = {}
    for number, dialogue in read_dialogues(file, path):
        earlier = lines.setdefault(dialogue.id, number)
        if earlier != number:
            raise ScenarioError(f"is the id of line {earlier} too", path=path, where=f"line {number}, field id")
        composed = compose(to_scenario(dialogue, seed=seed, path=path), seed=seed)
        yield replace(composed, labelled=any("spans" in turn.model_fields_set for turn in dialogue.turns))
    if not lines:
        raise ScenarioError("holds no transcript", path=path)


def write_composed(composed: Iterable[Composed], out_dir: Path | str, *, force: bool = False) -> list[Path]:
    """Write recordings and labels, all or none; returns the recordings' paths in the order given."""
    out = Path(out_dir)
    with _staging(out) as staging:
        names: dict[str, None] = {}
        for one in composed:
            if one.name in names:
                raise ScenarioError(f"two inputs would be written as {one.name}{RECORDING}", path=out)
            _refuse_existing(out, one.name, force=force)
            _write(one, staging)
            names[one.name] = None
        _publish(staging, out, names)
    return [out / f"{name}{RECORDING}" for name in names]


def _refuse_existing(out: Path, name: str, *, force: bool) -> None:
    for suffix in (RECORDING, LABELS):
        target = out / f"{name}{suffix}"
        if target.is_dir() or (target.exists() and not force):
            raise ScenarioError("exists already", path=target, fix="choose another folder, or pass --force")


def _write(one: Composed, folder: Path) -> None:
    with RecordingWriter(folder / f"{one.name}{RECORDING}", one.header) as writer:
        writer.extend(one.entries)
        writer.seal("composed")
    assert writer.sealed is not None
    if one.labelled:
        labels = encode_labels(one.labels, f"sha256:{writer.sealed.sha256}")
        (folder / f"{one.name}{LABELS}").write_bytes(labels)


def _publish(staging: Path, out: Path, names: Iterable[str]) -> None:
    for name in names:
        for suffix in (LABELS, RECORDING):
            made, target = staging / f"{name}{suffix}", out / f"{name}{suffix}"
            if made.exists():
                made.replace(target)
            else:
                target.unlink(missing_ok=True)  # labels of what was there before


@contextlib.contextmanager
def _staging(out: Path) -> Iterator[Path]:
    """A folder inside ``out`` that is gone afterwards; ``out`` too, if it was made for nothing."""
    made = not out.exists()
    try:
        out.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=".compose-", dir=out))
    except OSError as error:
        raise ScenarioError(f"cannot be written to: {error.strerror or 'error'}", path=out) from None
    try:
        yield folder
    except OSError as error:
        raise ScenarioError(f"cannot be written to: {error.strerror or 'error'}", path=out) from None
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        if made:
            with contextlib.suppress(OSError):
                out.rmdir()
