"""What a run hands over."""

from __future__ import annotations

from types import SimpleNamespace


def test_order_is_by_file(make: SimpleNamespace) -> None:
    """The order sessions ran in changes nothing."""
    a, b = make.session(recording_path="x/a.rec.jsonl"), make.session(recording_path="w/b.rec.jsonl")
    assert make.run(b, a).in_order() == make.run(a, b).in_order() == [a, b]


def test_policies(make: SimpleNamespace) -> None:
    """One digest, several, or none."""
    assert make.run(policy_digest="sha256:1").policies() == {"policy": "sha256:1"}
    assert make.run(policy_digest={"rules": "2", "lexicon": "1"}).policies() == {"lexicon": "1", "rules": "2"}
    assert make.run(policy_digest="").policies() == {}


def test_only_the_name_of_a_file(make: SimpleNamespace) -> None:
    """A folder's place is not reported."""
    assert make.session(recording_path="/home/x/a.rec.jsonl").file == "a.rec.jsonl"


def test_labelled(make: SimpleNamespace) -> None:
    """A source makes a session labelled, not the number of labels."""
    assert make.session(labels=()).labelled
    assert not make.session(label_source="none").labelled
