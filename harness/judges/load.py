"""From a setting to a judge: ``onnx:FOLDER``, ``http:URL#MODEL``, or the name of an entry point.

1. Entry points are looked up in the group ``harness.judges``; one is called without arguments and returns a judge.
2. The key of an http judge comes from the caller; it is never part of the setting.
"""

from __future__ import annotations

import importlib.metadata
from pathlib import Path

from pydantic import SecretStr

from harness.clock import Clock
from harness.errors import ConfigError
from harness.grounding.judge import Judge
from harness.judges.http import HttpJudge
from harness.judges.onnx import OnnxJudge

__all__ = ["GROUP", "load_judge"]

GROUP = "harness.judges"
_ALLOWED = "onnx:FOLDER, http:URL#MODEL or an installed entry point of the group harness.judges"


def load_judge(setting: str, *, clock: Clock, key: SecretStr | None = None) -> Judge:
    """The judge that ``setting`` names.

    Raises:
        ConfigError: there is no such judge, or it lacks something.
    """
    kind, _, rest = setting.partition(":")
    if kind == "onnx" and rest:
        return OnnxJudge(Path(rest))
    if kind == "http" and "#" in rest:
        url, _, model = rest.rpartition("#")
        return HttpJudge(url, model, clock=clock, key=key)
    for entry in importlib.metadata.entry_points(group=GROUP, name=setting):
        judge: Judge = entry.load()()
        return judge
    raise ConfigError("judge", kind, _ALLOWED)
