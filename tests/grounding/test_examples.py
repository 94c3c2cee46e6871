"""The worked examples of the README are what the check says."""

from pathlib import Path

from harness.grounding import Checker


def test_the_readme_tells_the_truth(root: Path) -> None:
    """Verdict, reason and evidence of every row."""
    section = (
        (root / "README.md").read_text(encoding="utf-8").partition("## Is the summary true?")[2].partition("\n## ")[0]
    )
    context = "\n".join(line.strip() for line in section.splitlines() if line.startswith("    "))
    rows = [[cell.strip(" `") for cell in line.split("|")[1:-1]] for line in section.splitlines() if line[:1] == "|"]
    assert len(rows) == 7
    for summary, verdict, reason, evidence in rows[2:]:
        (claim,) = Checker().check(context, summary).claims
        assert (claim.verdict, claim.reason, claim.evidence) == (verdict, reason, evidence)
