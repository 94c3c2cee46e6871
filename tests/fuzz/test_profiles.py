"""The profiles are hypothesis's too."""

from __future__ import annotations

from hypothesis import settings

from harness.fuzz import PROFILES
from harness.fuzz.profiles import register


def test_profiles_are_registered() -> None:
    """``ci`` is derandomized, ``nightly`` tries 20,000 examples and keeps its database."""
    register()
    assert settings.get_profile("ci").derandomize
    assert settings.get_profile("nightly").max_examples == 20_000 == PROFILES["nightly"].examples
    assert settings.get_profile("nightly").database is not None
