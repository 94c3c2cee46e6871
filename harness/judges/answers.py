"""What judges once answered, by content: the cache, and the record that a replay plays back.

1. A key is the SHA-256 of judge, version, turns and claim: a file of answers holds no text, only digests and scores.
2. A file is JSON lines, ``{"judge", "key", "score"}``; a new answer is appended and flushed before it is used.
3. With ``frozen`` nothing is added: what is not in the file is not known. So a replay never goes out.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from harness.errors import ConfigError
from harness.grounding.judge import Judge, Pair

__all__ = ["Answers", "key_of"]


def key_of(judge: Judge, pair: Pair) -> str:
    """The name of a question to a judge."""
    parts = [judge.name, judge.version, list(pair[0]), pair[1]]
    return hashlib.sha256(json.dumps(parts, ensure_ascii=True).encode()).hexdigest()


class Answers:
    """Scores by key.

    Args:
        path: file they are kept in; None keeps them in memory only.
        frozen: play back only.

    Raises:
        ConfigError: the file is no file of answers, or is frozen and not there.
    """

    def __init__(self, path: Path | None = None, *, frozen: bool = False) -> None:
        self._path = path
        self.frozen = frozen
        self._scores: dict[str, float] = {}
        if path is not None and (frozen or path.exists()):
            self._read(path)

    def _read(self, path: Path) -> None:
        way_out = "a file of answers that an earlier run with this judge recorded"
        try:
            for line in path.read_text(encoding="utf-8").splitlines():
                row = json.loads(line)
                self._scores[str(row["key"])] = float(row["score"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ConfigError("answers", type(error).__name__, way_out) from None

    def get(self, key: str) -> float | None:
        """The score once given, if any."""
        return self._scores.get(key)

    def put(self, judge: str, key: str, score: float) -> None:
        """Keep a score."""
        if self.frozen:
            raise ConfigError("answers", "frozen", "answers that may grow")
        if self._path is not None:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps({"judge": judge, "key": key, "score": score}) + "\n")
        self._scores[key] = score
