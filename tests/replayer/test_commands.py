"""Steps of ours as commands."""

from __future__ import annotations

from typing import Any

import pytest

from harness.replayer.commands import Close, Drop, Ping, Raw, Reset, Send, Tweak, of_step
from harness.replayer.steps import Action, Step


@pytest.mark.parametrize(
    "action,data,command",
    [
        (Action.SEND, "a", Send(step=3, data="a", fragments=((0, 1),))),
        (Action.PING, b"p", Ping(data=b"p")),
        (Action.RAW, b"\xff", Raw(step=3, data=b"\xff")),
        (Action.TWEAK, None, Tweak(name="no_pong", number=7)),
        (Action.CLOSE, None, Close(code=7, reason="bye")),
        (Action.RESET, None, Reset()),
        (Action.DROP, None, Drop()),
    ],
)
def test_each_step_has_its_command(action: Action, data: Any, command: Any) -> None:
    """What the step holds is in the command; payload and reason are not in its text."""
    step = Step(n=1, t_us=0, action=action, code=7, reason="bye", tweak="no_pong", fragments=((0, 1),))
    made = of_step(3, step, data)
    assert made == command
    assert "bye" not in repr(made) and "'a'" not in repr(made)
