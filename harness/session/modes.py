"""Record modes: what a replay does with traffic nobody recorded. The words are vcrpy's, and two of our own.

    mode          | the file exists       | it does not exist | at the end
    none          | replay; a miss fails  | error             | -
    once          | replay; a miss fails  | record            | write it if it was not there
    new_episodes  | replay; record misses | record            | add what is new: whole connections, whole requests
    all           | record everything     | record            | take the file's place if nothing went wrong
    rewrite       | record everything     | record            | take the file's place
    verify        | record everything     | error             | compare with the file, write nothing

1. The default is none. ``CI=true`` in the environment makes every mode none that was not asked for explicitly.
2. ``on_miss`` says what a miss does where a mode replays: fail, passthrough (relay, write nothing), record. The last two
   never go with mode none, nor with CI unless the mode was explicit.
3. Nothing takes the place of a file before it is whole and sealed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from harness.errors import ConfigError

__all__ = ["Ending", "Miss", "ModePlan", "RecordMode", "chosen_mode", "plan_of"]


class RecordMode(StrEnum):
    """See the table above."""

    NONE = "none"
    ONCE = "once"
    NEW_EPISODES = "new_episodes"
    ALL = "all"
    REWRITE = "rewrite"
    VERIFY = "verify"


class Miss(StrEnum):
    """What becomes of what was not recorded."""

    FAIL = "fail"
    PASSTHROUGH = "passthrough"
    RECORD = "record"


class Ending(StrEnum):
    """What becomes of what was recorded on the way."""

    NOTHING = "nothing"
    KEEP = "keep"
    ADD = "add"
    SWAP_IF_WELL = "swap_if_well"
    SWAP = "swap"
    COMPARE = "compare"


@dataclass(frozen=True, slots=True)
class ModePlan:
    """What a mode comes to for one file.

    Args:
        serve: replay what the file holds.
        miss: what becomes of the rest.
        ending: what is done at the end.
    """

    serve: bool
    miss: Miss
    ending: Ending

    @property
    def live(self) -> bool:
        """True if a live service may be reached."""
        return self.miss is not Miss.FAIL


_RECORDED = ModePlan(serve=False, miss=Miss.RECORD, ending=Ending.KEEP)
_PLANS: Mapping[RecordMode, ModePlan] = {
    RecordMode.NONE: ModePlan(True, Miss.FAIL, Ending.NOTHING),
    RecordMode.ONCE: ModePlan(True, Miss.FAIL, Ending.NOTHING),
    RecordMode.NEW_EPISODES: ModePlan(True, Miss.RECORD, Ending.ADD),
    RecordMode.ALL: ModePlan(False, Miss.RECORD, Ending.SWAP_IF_WELL),
    RecordMode.REWRITE: ModePlan(False, Miss.RECORD, Ending.SWAP),
    RecordMode.VERIFY: ModePlan(False, Miss.RECORD, Ending.COMPARE),
}


def chosen_mode(mode: str | None, environ: Mapping[str, str]) -> RecordMode:
    """The mode in force: the one asked for, else ``HARNESS_RECORD_MODE``, which CI turns into none.

    Raises:
        ConfigError: there is no such mode.
    """
    asked = mode or environ.get("HARNESS_RECORD_MODE") or "none"
    try:
        found = RecordMode(asked)
    except ValueError:
        raise ConfigError("--mode", asked, " | ".join(RecordMode)) from None
    return found if mode or environ.get("CI", "").lower() not in ("true", "1") else RecordMode.NONE


def plan_of(mode: RecordMode, on_miss: str | None, *, exists: bool, ci: bool = False) -> ModePlan:
    """What ``mode`` comes to for a file that ``exists`` or not.

    Raises:
        ConfigError: the mode needs the file, or ``on_miss`` does not go with it.
    """
    if not exists and mode in (RecordMode.NONE, RecordMode.VERIFY):
        raise ConfigError("--mode", mode.value, "a recording that exists", fix="record it first, or use --mode once")
    plan = _PLANS[mode] if exists else _RECORDED
    if on_miss is None or not plan.serve:
        return plan
    try:
        miss = Miss(on_miss)
    except ValueError:
        raise ConfigError("--on-miss", on_miss, " | ".join(Miss)) from None
    if miss is not Miss.FAIL and (mode is RecordMode.NONE or ci):
        raise ConfigError("--on-miss", on_miss, "fail in mode none and in CI", fix="choose another --mode as well")
    return ModePlan(True, miss, Ending.ADD if miss is Miss.RECORD else Ending.NOTHING)
