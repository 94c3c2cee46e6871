"""``harness label``, in process."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from harness.cli.common import ExitCode
from harness.cli.main import main

NAMES = ("bank-lost-card", "telco-roaming-bill")


@pytest.fixture
def corpus(root: Path, tmp_path: Path) -> Path:
    """Two committed recordings with their labels."""
    for name in NAMES:
        for kind in ("rec", "labels"):
            shutil.copy(root / "recordings" / f"{name}.{kind}.jsonl", tmp_path)
    return tmp_path


def invoke(*arguments: str | Path, stdin: str | None = None) -> Result:
    return CliRunner().invoke(main, ["label", *map(str, arguments)], input=stdin)


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_out_and_in_again(corpus: Path, form: str) -> None:
    """A table written is taken back: nothing is new, and no file changes."""
    table = corpus / f"labels.{form}"
    assert invoke("export", corpus, "--format", form, "-o", table).exit_code == 0
    before = {path: path.read_bytes() for path in corpus.glob("*.labels.jsonl")}
    done = invoke("import", table, corpus, "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout) == {"added": {f"{name}.rec.jsonl": 0 for name in NAMES}}
    assert {path: path.read_bytes() for path in corpus.glob("*.labels.jsonl")} == before
    assert invoke("export", corpus, "--format", form).stdout_bytes == table.read_bytes()


def test_an_annotator_agrees_and_not(corpus: Path) -> None:
    """A second annotator's table is added beside the first; agreement tells where they part."""
    rows = list(csv.DictReader(invoke("export", corpus / "bank-lost-card.rec.jsonl").stdout.splitlines()))
    sentences = [row for row in rows if row["kind"] == "sentence"]
    kept = [dict(row, id="", annotator="", annotator_kind="", at="") for row in sentences]
    kept[0]["verdict"] = "grounded" if kept[0]["verdict"] == "hallucinated" else "hallucinated"
    for row in kept:
        del row["file"]
    text = "".join(
        json.dumps(
            {
                k: int(v) if k in ("v", "seq", "start", "end") else v or None
                for k, v in row.items()
                if v or k in ("verdict", "supersedes")
            }
        )
        + "\n"
        for row in kept
    )
    one = corpus / "bank-lost-card.rec.jsonl"
    done = invoke("import", "-", one, "--annotator", "ann", "--annotator-kind", "HUMAN", stdin=text)
    assert done.exit_code == 0, done.output
    assert f"added {len(kept)} labels to 1 recordings" in done.stderr
    found = json.loads(invoke("agree", one, "--json").stdout)
    assert set(found["annotators"]) == {"ann (HUMAN)", "scenario (CODE)"}
    assert found["pairs"][0]["items"] == len(kept)
    assert 0 < found["pairs"][0]["kappa"] < 1
    words = invoke("agree", one).stdout
    assert "Krippendorff's alpha of all: 0." in words
    assert "ann (HUMAN) / scenario (CODE): kappa 0." in words


def test_no_alpha_of_one(corpus: Path) -> None:
    """One annotator agrees with nobody: n/a, not 1."""
    assert "alpha of all: n/a" in invoke("agree", corpus).stdout


@pytest.mark.parametrize(
    "text,code,words",
    [
        ('{"file":"none.rec.jsonl"}', ExitCode.USAGE, "one of the recordings"),
        ('{"file":"bank-lost-card.rec.jsonl","kind":"span"}', ExitCode.BAD_FILE, "line 1|:1:"),
        ("{", ExitCode.BAD_FILE, "not JSON"),
    ],
)
def test_refused(corpus: Path, text: str, code: int, words: str) -> None:
    """A row without a place to go, or a broken one, is one line on stderr with the documented code."""
    result = invoke("import", "-", corpus, stdin=text)
    assert (result.exit_code, result.stdout) == (code, "")
    assert any(word in result.stderr for word in words.split("|"))
    assert result.stderr.count("\n") == 1


LURE = "call 0123"
HOSTILE: list[dict[str, Any]] = [
    {"file": "../../../etc/passwd"},
    {"file": ["bank-lost-card.rec.jsonl"]},
    {"file": {}},
    {"annotator": f"\u202e{LURE}"},
    {"annotator": f"\x1b]8;;http://x\x07{LURE}"},
    {"annotator": LURE * 100},
    {"label": f"\x00{LURE}"},
    {"label": f"=HYPERLINK({LURE})\n"},
    {"verdict": f"{LURE}\r\n::error::"},
    {"id": "\ud800"},
    {"start": -1},
    {"start": 9, "end": 2},
    {"end": 10**30},
    {"end": 1e400},
    {"seq": True},
    {"seq": "5"},
    {"path": f"/{LURE}"},
    {"path": "/" * 5000},
    {"conversation": LURE},
    {"supersedes": LURE},
    {"kind": LURE},
    {"v": 99},
]


@pytest.mark.parametrize("changes", HOSTILE, ids="-".join)
def test_hostile_tables(corpus: Path, changes: dict[str, Any]) -> None:
    """Whatever a row brings: one line on stderr without its text, a documented code, and nothing is written."""
    one = corpus / "bank-lost-card.rec.jsonl"
    (good,) = [json.loads(line) for line in invoke("export", one, "--format", "jsonl").stdout.splitlines()][:1]
    before = {path: path.read_bytes() for path in corpus.glob("*.labels.jsonl")}
    row = {**good, "id": "mine", "annotator": "ann", "annotator_kind": "HUMAN", **changes}
    done = invoke("import", "-", corpus, "--format", "jsonl", stdin=json.dumps(row) + "\n")
    assert done.exit_code in (ExitCode.USAGE, ExitCode.BAD_FILE), done.output
    assert (done.stdout, done.stderr.count("\n"), LURE in done.stderr) == ("", 1, False)
    assert {path: path.read_bytes() for path in corpus.glob("*.labels.jsonl")} == before


def test_hostile_words_in_tables_and_agreement(corpus: Path) -> None:
    """A formula for a name comes back as it was, is no formula in the table, and is plain text in words."""
    one = corpus / "bank-lost-card.rec.jsonl"
    rows = [json.loads(line) for line in invoke("export", one, "--format", "jsonl").stdout.splitlines()]
    mine = [{**row, "id": "", "annotator": "=1+1|calc", "annotator_kind": "HUMAN", "label": "@SUM(A1)"} for row in rows]
    done = invoke("import", "-", one, "--format", "jsonl", stdin="".join(json.dumps(row) + "\n" for row in mine))
    assert done.exit_code == 0, done.output
    table = corpus / "all.csv"
    table.write_bytes(invoke("export", one).stdout_bytes)
    cells = [cell for line in csv.reader(table.read_text().splitlines()) for cell in line]
    assert "'=1+1|calc" in cells and "'@SUM(A1)" in cells
    assert not [cell for cell in cells if cell.lstrip().startswith(("=", "@", "|", "+"))]
    assert json.loads(invoke("import", table, one, "--json").stdout) == {"added": {one.name: 0}}
    assert "labels  =1+1|calc (HUMAN)" in invoke("agree", one).stdout


def test_nothing_there(corpus: Path) -> None:
    """No table and no labels are said."""
    assert invoke("import", corpus / "none.csv", corpus).exit_code == ExitCode.USAGE
    for path in corpus.glob("*.labels.jsonl"):
        path.unlink()
    result = invoke("export", corpus)
    assert result.exit_code == ExitCode.NOTHING
    assert "harness label import" in result.stderr


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_a_table_on_stdin_is_known_by_its_beginning(corpus: Path, form: str) -> None:
    """CSV and JSONL alike, with a byte order mark too, and without --format."""
    one = corpus / "bank-lost-card.rec.jsonl"
    table = invoke("export", one, "--format", form).stdout
    one.with_name("bank-lost-card.labels.jsonl").unlink()
    done = invoke("import", "-", one, stdin="\ufeff" * (form == "csv") + table)
    assert done.exit_code == 0, done.output
    assert "added 0 " not in done.stderr
    assert invoke("import", "-", one, stdin="").exit_code == 0


def test_replaced_labels_come_with_all(corpus: Path) -> None:
    """A label that was replaced is exported with --all only."""
    one = corpus / "bank-lost-card.rec.jsonl"
    first = json.loads(invoke("export", one, "--format", "jsonl").stdout.splitlines()[0])
    new = {**first, "id": "mine", "supersedes": first["id"], "label": "OTHER", "annotator_kind": "HUMAN"}
    assert invoke("import", "-", one, stdin=json.dumps(new)).exit_code == 0
    few, all_ = (invoke("export", one, *more).stdout.splitlines() for more in ((), ("--all",)))
    assert len(all_) == len(few) + 1
