"""Logistic regression in pure Python."""

import pytest

from harness.errors import ConfigError
from harness.grounding.fit import MIN_SEEN, fit, sign_of


def test_it_finds_the_sign() -> None:
    """A figure that only the false have weighs against; a rare one is left out."""
    examples = [({"bad": 1000}, False)] * 20 + [({"good": 1000}, True)] * 20 + [({"rare": 1000}, True)] * (MIN_SEEN - 1)
    found = fit(examples)
    assert found["bad"] < 0 < found["good"]
    assert "rare" not in found


def test_labels_weigh_alike() -> None:
    """With nothing to tell them apart the intercept stays at even odds, however many there are of each."""
    assert fit([({}, True)] * 30 + [({}, False)] * 3) == {"": 0}


def test_one_label_is_not_enough() -> None:
    """There is nothing to learn."""
    with pytest.raises(ConfigError, match="both labels"):
        fit([({}, True)])


def test_what_was_said_never_speaks_against_a_claim() -> None:
    """A coefficient with the wrong sign is held at nought, in talk as in calls; another figure keeps both."""
    rows = [({"near": 1000, "talk:near": 1000, "no:antonym": 1000, "odd": 1000}, False)] * 9 + [({}, True)] * 9
    rows += [({"no:antonym": 1000}, True)] * 30
    found = fit(rows)
    assert found["near"] == found["talk:near"] == 0
    assert found["no:antonym"] <= 0
    assert found["odd"] < 0
    assert [sign_of(name) for name in ("talk:share:said", "doubt:speaker_swap", "missing:thing")] == [1, -1, 0]
