"""One recording through the real client, with all that its checks ask of the result."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from harness.dialects.base import Dialect
from harness.dialects.mediation import Subscription
from harness.pii.rules import Rule, builtin_rules
from harness.pipeline.chain import Pipeline
from harness.pipeline.outcome import Outcome
from harness.pytest_plugin.aside import aside
from harness.recording.reader import Recording, read_recording
from harness.report.run import SessionResult
from harness.session.audit_trail import Taker
from harness.session.corpus import policies_of
from harness.session.parts import Tools, policy_for, policy_of
from harness.session.replay import replay_recording
from harness.session.results import replayed_result
from harness.settings import Settings

__all__ = ["Played", "new_pipeline", "play", "replayed", "tools_of"]


@dataclass(frozen=True, kw_only=True)
class Played:
    """A replayed recording.

    Args:
        policies: digests of what decided.
    """

    recording: Recording
    result: SessionResult
    settings: Settings = field(repr=False)
    tools: Tools = field(repr=False)
    policies: dict[str, str]

    @property
    def policy_changed(self) -> bool:
        """Whether the live side was made under other rules or thresholds than those in force."""
        return bool(self.result.policy) and self.result.policy not in self.policies.values()

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules in force."""
        return self.tools.redactor.rules.rules

    @cached_property
    def replaced(self) -> frozenset[str]:
        """Ids of the package's rules that rules of the user's took the place of: theirs are compiled by another engine."""
        own: dict[str, Any] = {rule.id: rule.pattern for rule in self.rules}
        return frozenset(rule.id for rule in builtin_rules().rules if not isinstance(own.get(rule.id), re.Pattern))

    @cached_property
    def builtin(self) -> Sequence[Outcome]:
        """The outcomes under the package's rules alone; none where those are in force anyhow."""
        if not self.settings.rules:
            return ()
        other = self.settings.model_copy(update={"rules": ()})
        return replayed(self.recording, other)[0].outcomes


@cache
def tools_of(rules: tuple[Path, ...]) -> Tools:
    """Redactor and checker for rule files; made once in a process."""
    return Tools.of(Settings().model_copy(update={"rules": rules}))


def play(path: Path, settings: Settings) -> Played:
    """Replay the recording at ``path`` at instant speed, in this process, with a network guard around it.

    Raises:
        HarnessError: it cannot be read or replayed.
    """
    recording = read_recording(path)
    result, policies = replayed(recording, settings)
    tools = tools_of(settings.rules)
    return Played(recording=recording, result=result, settings=settings, tools=tools, policies=policies)


def replayed(
    recording: Recording, settings: Settings, *, sink: Taker | None = None
) -> tuple[SessionResult, dict[str, str]]:
    """The result of a replay, and the digests of what decided.

    Args:
        sink: takes every outcome, in order.
    """
    tools, policy = tools_of(settings.rules), policy_of(settings)
    run = aside(replay_recording(recording, tools=tools, policy=policy, store=sink))
    return replayed_result(recording, run), policies_of(tools, policy)


def new_pipeline(settings: Settings, dialect: Dialect, *, subscription: Subscription | None = None) -> Pipeline:
    """A pipeline as the client would have it.

    Args:
        subscription: what was asked for, instead of what the settings say.
    """
    tools, policy = tools_of(settings.rules), policy_for(policy_of(settings), dialect)
    policy = replace(policy, subscription=subscription or policy.subscription)
    return Pipeline(dialect=dialect, redactor=tools.redactor, checker=tools.checker, policy=policy)
