"""How much and how: the settings of a search, and hypothesis profiles of the same names for tests.

``ci`` is derandomized: the same examples every time. ``nightly`` tries 20,000 examples and keeps what failed in
hypothesis's database, which is tried first the next time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hypothesis import HealthCheck, settings
from hypothesis.database import DirectoryBasedExampleDatabase

__all__ = ["DATABASE", "PROFILES", "Profile", "register"]

DATABASE = ".hypothesis/examples"
"""Where hypothesis keeps what failed, in the folder it runs in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """Settings of a search.

    Args:
        examples: texts of each lane.
        derandomized: the seed is fixed.
        database: failures are remembered.
    """

    examples: int
    derandomized: bool = False
    database: bool = False


PROFILES: Mapping[str, Profile] = {
    "ci": Profile(examples=1000, derandomized=True),
    "nightly": Profile(examples=20_000, database=True),
}


def register() -> None:
    """Make them profiles of hypothesis: ``settings.load_profile("ci")``."""
    for name, profile in PROFILES.items():
        settings.register_profile(
            name,
            max_examples=profile.examples,
            derandomize=profile.derandomized,
            database=DirectoryBasedExampleDatabase(DATABASE) if profile.database else None,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
        )
