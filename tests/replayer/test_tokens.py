"""Tokens: minted, given, revoked."""

from __future__ import annotations

import pytest

from harness.errors import ConfigError
from harness.replayer.tokens import Tokens


def test_who_is_known() -> None:
    """A minted token and the given one, in a header or in the query; nothing else."""
    tokens = Tokens("a-token-of-many-words")
    minted = tokens.mint()
    assert all(tokens.accepts(f"Bearer {one}") for one in (minted, "a-token-of-many-words"))
    assert tokens.accepts(f"bearer {minted}") and tokens.accepts("", f"x=1&access_token={minted}")
    assert not any(
        tokens.accepts(text) for text in ("", "Bearer", "Bearer x", f"Basic {minted}", minted, "Bearer \udcff")
    )
    assert not tokens.accepts("Bearer x", f"access_token={minted}")
    tokens.revoke()
    assert not tokens.accepts(f"Bearer {minted}")


@pytest.mark.parametrize("given", ["", "short", "blanks are no token at all", "\u00e9" * 20, "x" * 513])
def test_what_is_no_token(given: str) -> None:
    """It is refused, and not shown."""
    with pytest.raises(ConfigError, match="16 or more") as caught:
        Tokens(given)
    assert not given or given not in str(caught.value)
