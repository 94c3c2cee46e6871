"""``harness ground``: check summaries against their conversations.

1. One case a line in, one verdict a line out, in the same order; ``-`` reads stdin.
2. A case is ``{"id","context","summary"}``; the context is ``Speaker: text`` lines or a list of ``{"speaker","text"}``.
3. A bad line stops the run with its number and exit code 4; its text is never repeated.
4. ``--fit`` reads labelled cases instead (``"label"``: grounded | hallucinated) and writes a model fitted on them, and
   how it does on conversations it was not fitted on; ``--model`` checks with such a model.
5. ``--judge`` asks a judge about the uncertain claims. With ``--answers`` what it says is kept in a file; with
   ``--frozen`` it is only played back from there, and nothing goes out.
6. ``--baseline`` says beside each verdict what the old rule says (``token_overlap``, both sides redacted alike).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import click

from harness.cli.common import say, shown, verb
from harness.cli.second import Second
from harness.errors import RecordingFormatError
from harness.grounding.baseline import token_overlap
from harness.grounding.checker import Checker, turns_of
from harness.grounding.model import load_model
from harness.grounding.training import cross_validate, train
from harness.grounding.verdict import GroundingResult
from harness.pii import Redactor

__all__ = ["command"]


@click.command("ground")
@click.argument("file", type=click.File("r", encoding="utf-8"), default="-")
@click.option("--jsonl", "as_jsonl", is_flag=True, help="One JSON verdict a line, for machines.")
@click.option("--explain", is_flag=True, help="For people: each claim with its reason and the evidence line.")
@click.option("--fit", "to_fit", is_flag=True, help="Fit a model on the labelled cases in FILE.")
@click.option("--out", type=click.Path(path_type=Path), help="With --fit: where the model goes (default: stdout).")
@click.option("--model", "model_path", type=click.Path(path_type=Path), help="Check with this model.")
@click.option("--judge", "setting", help="Ask onnx:FOLDER, http:URL#MODEL or an installed judge when uncertain.")
@click.option("--answers", type=click.Path(path_type=Path), help="Keep the judge's answers in this file.")
@click.option("--frozen", is_flag=True, help="Only play back what --answers holds.")
@click.option("--baseline", is_flag=True, help="Also say what token overlap, the rule this check replaces, says.")
@verb
def command(
    file: IO[str],
    as_jsonl: bool,
    explain: bool,
    to_fit: bool,
    out: Path | None,
    model_path: Path | None,
    setting: str | None,
    answers: Path | None,
    frozen: bool,
    baseline: bool,
) -> None:
    """Check summaries against their conversations: one JSON case a line in FILE (or stdin)."""
    if to_fit:
        _fit(file, out)
        return
    checker = Checker(load_model(model_path) if model_path else None)
    second = Second(setting, answers, frozen=frozen) if setting else None
    old = Redactor() if baseline else None
    ungrounded = total = differing = 0
    for identity, context, summary in _cases(file):
        result = checker.check(context, summary)
        if second is not None:
            result = second.opinion(context, summary, result)
        total += 1
        ungrounded += result.verdict == "ungrounded"
        overlap = _overlap(old, context, summary) if old else None
        differing += overlap is not None and overlap[0] is not (result.verdict == "grounded")
        if as_jsonl:
            click.echo(_machine(identity, result, overlap))
        else:
            click.echo(_human(identity, summary, result, overlap, explain=explain))
    if not as_jsonl:
        say(f"{total} checked, {ungrounded} ungrounded" + (f", {differing} unlike token overlap" if baseline else ""))
        if second is not None:
            say(second.account())


def _fit(file: IO[str], out: Path | None) -> None:
    """See rule 4."""
    cases = list(_rows(file))
    model = train(cases)
    found = cross_validate(cases)
    if out is None:
        click.echo(model.dump(), nl=False)
    else:
        out.write_text(model.dump(), encoding="utf-8")
    say(
        f"fitted on {model.examples} claims; on conversations not fitted on, without the rules: balanced accuracy "
        f"{found.balanced_accuracy:.3f}, calibration error {found.calibration_error:.3f} "
        f"({found.n} claims of {found.conversations} conversations)"
    )


def _cases(file: IO[str]) -> Iterator[tuple[Any, Any, str]]:
    """Id, context and summary of each line."""
    for case in _rows(file):
        yield case.get("id"), case["context"], case["summary"]


def _rows(file: IO[str]) -> Iterator[dict[str, Any]]:
    """The cases, each of the right shape."""
    name = str(getattr(file, "name", "-"))
    number = 0
    try:
        for number, line in enumerate(file, 1):
            if line.strip():
                yield _case(line, name, number)
    except UnicodeDecodeError as error:
        raise RecordingFormatError("the line is not UTF-8", path=name, line=number + 1) from error


def _case(line: str, name: str, number: int) -> dict[str, Any]:
    fix = 'write {"id", "context", "summary"} on one line'
    try:
        case = json.loads(line)
    except (ValueError, RecursionError):
        raise RecordingFormatError("the line is not JSON", path=name, line=number, fix=fix) from None
    if not isinstance(case, dict) or not isinstance(case.get("summary"), str):
        raise RecordingFormatError("no summary in the line", path=name, line=number, fix=fix)
    context = case.get("context")
    if not isinstance(context, (str, list)):
        raise RecordingFormatError("no context in the line", path=name, line=number, fix=fix)
    if isinstance(context, list) and not all(_is_turn(turn) for turn in context):
        raise RecordingFormatError("a turn without speaker or text", path=name, line=number, fix=fix)
    return case


def _is_turn(turn: object) -> bool:
    return isinstance(turn, dict) and isinstance(turn.get("speaker", ""), str) and isinstance(turn.get("text"), str)


def _overlap(redactor: Redactor, context: Any, summary: str) -> tuple[bool, float]:
    """See rule 6."""
    said = "\n".join(f"{speaker}: {text}" for speaker, text in turns_of(context))
    return token_overlap(redactor.redact(said).text, redactor.redact(summary).text)


def _verdict(stands: bool) -> str:
    return "grounded" if stands else "ungrounded"


def _machine(identity: Any, result: GroundingResult, overlap: tuple[bool, float] | None = None) -> str:
    claims = [
        {
            "start": claim.start,
            "end": claim.end,
            "verdict": claim.verdict,
            "reason": claim.reason,
            "evidence": claim.evidence,
        }
        for claim in result.claims
    ]
    answer = {"id": identity, "verdict": result.verdict, "band": result.band, "score": result.score, "claims": claims}
    if overlap:
        answer["token_overlap"] = {"verdict": _verdict(overlap[0]), "score": overlap[1]}
    return json.dumps(answer, ensure_ascii=True)


def _human(
    identity: Any, summary: str, result: GroundingResult, overlap: tuple[bool, float] | None, *, explain: bool
) -> str:
    beside = f"; token overlap: {_verdict(overlap[0])} ({overlap[1]:.3f})" if overlap else ""
    lines = [f"{shown(str(identity))}: {result.verdict} ({result.band}, {result.score:.3f}){beside}"]
    if explain:
        for claim in result.claims:
            lines.append(f"  [{claim.reason}] {shown(summary[claim.start : claim.end])}")
            turn = "nothing near was said" if claim.turn is None else f"turn {claim.turn + 1}: {shown(claim.evidence)}"
            lines.append(f"      {turn}")
    return "\n".join(lines)
