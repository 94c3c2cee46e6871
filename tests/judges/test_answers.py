"""What judges once answered."""

from pathlib import Path

import pytest

from harness.errors import ConfigError
from harness.judges import Answers, FakeJudge
from harness.judges.answers import key_of

PAIR = (("Agent: The fee is 6 pounds.",), "The fee is 6 pounds.")


def test_answers_outlive_the_process_without_text(tmp_path: Path) -> None:
    """A file holds digests and scores, and reads back."""
    path = tmp_path / "answers.jsonl"
    key = key_of(FakeJudge(), PAIR)
    Answers(path).put("fake", key, 0.25)
    assert "pounds" not in path.read_text()
    assert Answers(path, frozen=True).get(key) == 0.25
    assert Answers(path).get("other") is None


def test_the_key_is_of_judge_version_turns_and_claim() -> None:
    """Whatever of them differs, the answer is another."""
    judge, newer = FakeJudge(), FakeJudge()
    newer.version = "2"
    keys = {key_of(judge, PAIR), key_of(newer, PAIR), key_of(judge, (PAIR[0], "x")), key_of(judge, ((), PAIR[1]))}
    assert len(keys) == 4


def test_frozen_answers_do_not_grow(tmp_path: Path) -> None:
    """Playing back only, from a file that must be there and whole."""
    path = tmp_path / "answers.jsonl"
    with pytest.raises(ConfigError, match="FileNotFoundError"):
        Answers(path, frozen=True)
    path.write_text("")
    with pytest.raises(ConfigError, match="frozen"):
        Answers(path, frozen=True).put("fake", "k", 1.0)
    path.write_text("{}\n")
    with pytest.raises(ConfigError, match="KeyError"):
        Answers(path)
