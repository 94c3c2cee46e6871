"""grep, trim, merge, split, migrate: the verbs that read composed recordings and write others."""

from __future__ import annotations

import json
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from harness.cli import grep, merge, migrate, split, trim
from harness.cli.doctor import command as doctor
from harness.cli.targets import beside, recording_target
from harness.errors import ConfigError
from harness.recording.entry import Header, Redaction, WsMessage
from harness.recording.reader import read_recording
from harness.recording.writer import RecordingWriter
from harness.report.labels import Label, labels_path, read_labels
from harness.scenario.files import compose_files
from harness.session.label_shift import write_labels


@pytest.fixture
def composed(root: Path, tmp_path: Path) -> list[Path]:
    """Two recordings of one conversation each."""
    names = ("retail-gift-return", "telco-outage-credit")
    return compose_files([root / "fixtures" / "scenarios" / f"{name}.yaml" for name in names], tmp_path / "in")


def run(command: click.Command, *arguments: object) -> Result:
    return CliRunner().invoke(command, [str(argument) for argument in arguments])


def healthy(*paths: Path) -> bool:
    return run(doctor, *paths).exit_code == 0


def said(path: Path) -> list[str]:
    return [e.text or "" for e in read_recording(path).entries if isinstance(e, WsMessage)]


# --- grep ------------------------------------------------------------------------------------------------------------


def test_grep_finds_decoded_text(composed: list[Path]) -> None:
    """Lines as cat prints them, with file and number; case may be ignored; nothing found is exit code 5."""
    found = run(grep.command, "GIFT", composed[0], "-i")
    assert found.exit_code == 0
    assert all("gift-return.rec.jsonl:" in line for line in found.output.splitlines())
    assert run(grep.command, "GIFT", composed[0]).exit_code == 5
    assert run(grep.command, "subscribe", composed[0], "--kind", "outcome").exit_code == 5


def test_grep_shows_what_stands_around(composed: list[Path]) -> None:
    """-C prints neighbours once, and -- between groups."""
    plain = run(grep.command, "heartbeat|unsubscribe|grant_type", composed[0], "-C", "1").output.splitlines()
    marks = [line.split(".rec.jsonl")[1][0] for line in plain if line != "--"]
    assert set(marks) == {":", "-"}
    assert "--" in plain
    numbers = [int(line.split(".rec.jsonl")[1][1:].split()[0]) for line in plain if line != "--"]
    assert numbers == sorted(set(numbers))


def test_grep_tells_machines_the_place(composed: list[Path]) -> None:
    """File, entry, pointer and code points; by conversation if asked."""
    rows = [json.loads(line) for line in run(grep.command, "gift", composed[0], "--json").output.splitlines()]
    assert {"path", "n", "t", "kind", "conversation", "pointer", "start", "end"} == set(rows[0])
    assert "/text" in {row["pointer"] for row in rows}
    name = rows[0]["conversation"]
    assert run(grep.command, "gift", composed[0], "--conversation", name).exit_code == 0
    assert run(grep.command, "gift", composed[0], "--conversation", "x").exit_code == 5


@pytest.mark.parametrize("pattern", ["(", r"(a)\1", "(?<=a)b"])
def test_grep_takes_safe_patterns_only(composed: list[Path], pattern: str) -> None:
    """RE2: no back-references, no look-around, and so no pattern that never ends."""
    result = run(grep.command, pattern, composed[0])
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)


# --- trim ------------------------------------------------------------------------------------------------------------


def test_trim_keeps_what_play_needs(composed: list[Path], tmp_path: Path) -> None:
    """By time: fewer entries, the same numbers, whole; the header names the parent."""
    out = tmp_path / "t.rec.jsonl"
    result = run(trim.command, composed[0], "-o", out, "--after", "2", "--before", "9", "--json")
    facts = json.loads(result.stdout)
    before, after = read_recording(composed[0]), read_recording(out)
    assert facts["asked_for"] <= facts["entries"] == len(after.entries) < facts["of"] == len(before.entries)
    assert all(entry in before.entries for entry in after.entries)
    assert after.header.parent == before.digest
    assert healthy(out)


def test_trim_by_number_and_conversation(composed: list[Path], tmp_path: Path) -> None:
    """Ranges and names go together; what nothing is asked of, or asks for nothing, is refused."""
    both = tmp_path / "both.rec.jsonl"
    run(merge.command, *composed, "-o", both)
    name = json.loads(run(grep.command, "Thank you", composed[1], "--json").output.splitlines()[0])["conversation"]
    out = tmp_path / "t.rec.jsonl"
    assert run(trim.command, both, "-o", out, "--first", "1", "--last", "200", "--conversation", name).exit_code == 0
    assert all(name in text for text in said(out))
    assert run(trim.command, both, "-o", tmp_path / "u.rec.jsonl").exit_code == 2
    assert run(trim.command, both, "-o", tmp_path / "u.rec.jsonl", "--first", "100000").exit_code == 5
    assert run(trim.command, both, "-o", tmp_path / "u.rec.jsonl", "--conversation", "x").exit_code == 5
    assert run(trim.command, both, "-o", tmp_path / "u.txt", "--first", "1").exit_code == 2


# --- merge, split ----------------------------------------------------------------------------------------------------


def test_merged_and_split_again_nothing_is_lost(composed: list[Path], tmp_path: Path) -> None:
    """Every message of every conversation is there, in its order."""
    both, out = tmp_path / "both.rec.jsonl.gz", tmp_path / "out"
    assert json.loads(run(merge.command, *composed, "-o", both, "--json").stdout)["recordings"] == 2
    assert sorted(said(both)) == sorted(said(composed[0]) + said(composed[1]))
    result = run(split.command, both, "-o", out, "--json")
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    parts = [Path(row["path"]) for row in rows]
    assert [said(part) for part in sorted(parts)] == [said(path) for path in sorted(composed)]
    assert healthy(both, *parts)
    assert "2 conversations" in result.stderr


def test_merge_wants_two(composed: list[Path], tmp_path: Path) -> None:
    """One recording is merged with nothing."""
    assert run(merge.command, composed[0], "-o", tmp_path / "m.rec.jsonl").exit_code == 2


def test_split_names_files_safely(tmp_path: Path) -> None:
    """Two conversations of one safe name get two files; a recording that names none is refused."""
    header = Header(id="r", created="c", tool="t", source="synthetic", redaction=Redaction(state="fictional"))
    with RecordingWriter(tmp_path / "a.rec.jsonl", header) as writer:
        for name in ("../x", "..\\\\x", "A/x", "a/x"):
            writer.append(WsMessage(n=0, t=0, conn=name, dir="in", text=f'{{"interaction_id":"{name}"}}'))
    run(split.command, writer.path, "-o", tmp_path / "out")
    names = sorted(p.name for p in (tmp_path / "out").iterdir())
    assert names == ["A-x.rec.jsonl", "a-x-2.rec.jsonl", "x-2.rec.jsonl", "x.rec.jsonl"]
    with RecordingWriter(tmp_path / "b.rec.jsonl", header) as writer:
        writer.append(WsMessage(n=0, t=0, conn="w", dir="in", text="hello"))
    assert run(split.command, writer.path, "-o", tmp_path / "none").exit_code == 5
    assert not (tmp_path / "none").exists()


# --- migrate, names --------------------------------------------------------------------------------------------------


def test_the_newest_version_is_copied(composed: list[Path], tmp_path: Path) -> None:
    """Byte for byte, never over a file that exists."""
    result = run(migrate.command, composed[0], "--json")
    copy = Path(json.loads(result.stdout)["path"])
    assert copy.name == "retail-gift-return.v1.rec.jsonl"
    assert copy.read_bytes() == composed[0].read_bytes()
    assert run(migrate.command, composed[0]).exit_code == 4
    assert run(migrate.command, tmp_path / "none.rec.jsonl").exit_code == 5


def test_targets_are_names_of_recordings() -> None:
    """So that they are found again."""
    assert beside(Path("x/a.rec.jsonl.gz"), "new") == Path("x/a.new.rec.jsonl")
    assert recording_target(Path("a.rec.jsonl"), gzip=True) == Path("a.rec.jsonl.gz")
    assert recording_target(Path("a.rec.jsonl.gz")) == Path("a.rec.jsonl.gz")
    for name, gzip in (("a.jsonl", False), ("a.gz", True)):
        with pytest.raises(ConfigError, match="a name that ends in"):
            recording_target(Path(name), gzip=gzip)


# --- labels ----------------------------------------------------------------------------------------------------------


def labels_beside(path: Path) -> list[Label]:
    return read_labels(labels_path(path))


def places_of(labels: list[Label]) -> list[tuple[str, int | None, str, int | None, int | None, str]]:
    return sorted((one.conversation, one.seq, one.path, one.start, one.end, one.label) for one in labels)


def test_labels_go_along(composed: list[Path], tmp_path: Path) -> None:
    """Merged, they are all there; split again, each conversation has its own; the digest is the new file's."""
    both = [label for path in composed for label in labels_beside(path)]
    assert len(both) > 4
    one = tmp_path / "all.rec.jsonl"
    told = run(merge.command, *composed, "-o", one, "--json")
    assert json.loads(told.stdout)["labels"] == len(both)
    assert places_of(labels_beside(one)) == places_of(both)
    assert {label.recording for label in labels_beside(one)} == {read_recording(one).digest}
    parts = [json.loads(line) for line in run(split.command, one, "-o", tmp_path / "out", "--json").stdout.splitlines()]
    again = [label for part in parts for label in labels_beside(Path(part["path"]))]
    assert places_of(again) == places_of(both)
    assert all(
        label.conversation == part["conversation"] for part in parts for label in labels_beside(Path(part["path"]))
    )


def test_only_labels_of_what_is_kept_go_along(composed: list[Path], tmp_path: Path) -> None:
    """A trimmed recording has the labels of its messages and no others; without labels there is no file."""
    before = labels_beside(composed[0])
    out = tmp_path / "part.rec.jsonl"
    middle = sorted(label.seq or 0 for label in before)[len(before) // 2]
    heard = [e for e in read_recording(composed[0]).entries if isinstance(e, WsMessage) and e.dir == "in"]
    last = next(e.n for e in heard if json.loads(e.text or "{}").get("seq") == middle)
    assert run(trim.command, composed[0], "-o", out, "--last", last).exit_code == 0
    kept = {json.loads(text).get("seq") for text in said(out)}
    assert places_of(labels_beside(out)) == places_of([label for label in before if label.seq in kept])
    assert 0 < len(labels_beside(out)) < len(before)
    labels_path(composed[0]).unlink()
    assert run(trim.command, composed[0], "-o", tmp_path / "bare.rec.jsonl", "--last", 14).exit_code == 0
    assert not labels_path(tmp_path / "bare.rec.jsonl").exists()


def test_a_message_without_seq_is_found_by_its_new_number(composed: list[Path], tmp_path: Path) -> None:
    """``:m<number>`` counts inbound messages anew; one that was cut out has no label."""
    conversation = labels_beside(composed[0])[0].conversation
    texts = [e for e in read_recording(composed[0]).entries if isinstance(e, WsMessage) and e.dir == "in"]
    marks = [
        Label(id=f"{conversation}:m{n}", conversation=conversation, kind="message", verdict="rejected", label="x")
        for n in (1, 4, 5)
    ]
    labels_path(composed[0]).write_bytes(write_labels(marks))
    out = tmp_path / "part.rec.jsonl"
    assert run(trim.command, composed[0], "-o", out, "--first", texts[3].n).exit_code == 0
    new = [e.n for e in read_recording(out).entries if isinstance(e, WsMessage) and e.dir == "in"]
    wanted = [f"{conversation}:m{new.index(texts[n - 1].n) + 1}" for n in (1, 4, 5) if texts[n - 1].n in new]
    assert [label.id for label in labels_beside(out)] == wanted
    assert len(wanted) >= 2
