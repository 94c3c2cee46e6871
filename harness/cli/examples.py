"""The examples of every verb's ``--help``: verb -> (what it is for, command line), as they can be typed.

1. Every line runs: the tests run them all in one folder, with the embedded service at the address they name.
2. The folder holds ``recordings/`` with labels, ``scenarios/``, rule files, and the runs ``main`` and ``change``.
"""

from __future__ import annotations

__all__ = ["EXAMPLES", "epilog"]

Example = tuple[str, str]

EXAMPLES: dict[str, tuple[Example, ...]] = {
    "approve": (("pin a run", "harness approve reports/main --baseline pinned.json"),),
    "audit": (("was the log changed?", "harness audit verify reports/live --key-file my.key"),),
    "cat": (
        ("read a session", "harness cat recordings/retail-gift-return.rec.jsonl"),
        ("what the pipeline said", "harness cat recordings/retail-gift-return.rec.jsonl --kind outcome --jsonl"),
    ),
    "chaos": (("30 faults, always the same", "harness chaos --faults 30 --seed 5 --workers 1"),),
    "compare": (
        ("two runs", "harness compare reports/main reports/change"),
        ("what would other rules change?", "harness compare --rules badge.toml --corpus recordings"),
    ),
    "compose": (("sessions that never were", "harness compose scenarios -o made"),),
    "config": (("where does a setting come from?", "harness config show --origin"),),
    "convert": (
        ("placeholders for surrogates", "harness convert session.rec.jsonl --state redacted -o redacted.rec.jsonl"),
        ("for a browser's tools", "harness convert session.rec.jsonl --to har -o session.har"),
    ),
    "deliveries": (
        ("what a run delivered", "harness deliveries reports/live"),
        ("what it held back, and why", "harness deliveries reports/live --quarantine"),
    ),
    "demo": (("the whole loop", "harness demo -o reports/demo"),),
    "doctor": (
        ("is every recording whole?", "harness doctor recordings"),
        ("what does this machine lack?", "harness doctor --environment"),
    ),
    "fuzz": (("search your rules for leaks", "harness fuzz --rules badge.toml --examples 50 --only leak --out found"),),
    "gate": (("did anything get worse?", "harness gate reports/change --baseline pinned.json"),),
    "grep": (("who speaks of a receipt?", "harness grep -i receipt recordings"),),
    "ground": (("check summaries, with evidence", "harness ground --explain cases.jsonl"),),
    "history": (
        ("the runs made here", "harness history list"),
        ("how a figure went", 'harness history trend "redaction.recall (scenario)"'),
    ),
    "info": (("what do they hold?", "harness info recordings"),),
    "init": (("a job for GitHub Actions", "harness init ci --github -o -"),),
    "key": (("before real text is recorded", "harness key new other.key"),),
    "label": (
        ("labels as a table", "harness label export recordings -o labels.csv"),
        ("and back", "harness label import labels.csv recordings"),
        ("do annotators agree?", "harness label agree recordings"),
    ),
    "load": (
        ("5 clients within a second", "harness load recordings/bank-lost-card.rec.jsonl --clients 5 --seconds 1"),
    ),
    "merge": (
        (
            "two sessions in one",
            "harness merge recordings/retail-gift-return.rec.jsonl recordings/bank-lost-card.rec.jsonl -o both.rec.jsonl",
        ),
    ),
    "migrate": (("bring it up to date", "harness migrate session.rec.jsonl -o new.rec.jsonl"),),
    "new-test": (
        (
            "message 47 went wrong",
            "harness new-test recordings/bank-lost-card.rec.jsonl --message 47 --failing ungrounded",
        ),
    ),
    "outbox": (
        ("what is still to be delivered?", "harness outbox list reports/live"),
        ("try dead letters again", "harness outbox retry reports/live --key-file my.key"),
    ),
    "record": (
        (
            "one conversation, until it ends",
            "harness record --endpoint http://127.0.0.1:9000 -c ID -o recorded --key-file my.key",
        ),
        (
            "any client, through a proxy",
            "harness record --listen 127.0.0.1:0 --upstream token=http://127.0.0.1:9000/oauth/token --key-file my.key -o taped",
        ),
    ),
    "recover": (("save what can be saved", "harness recover damaged.rec.jsonl -o saved.rec.jsonl"),),
    "redact": (
        ("a file", "harness redact call.txt"),
        ("fakes of the same shape", "harness redact --operator surrogate --key-file my.key call.txt"),
    ),
    "replay": (
        ("serve it until Ctrl-C", "harness replay recordings/retail-gift-return.rec.jsonl"),
        (
            "as fast as it was, on a fixed port",
            "harness replay recordings/retail-gift-return.rec.jsonl --speed 1 --port 9001",
        ),
    ),
    "report": (
        ("for a pull request", "harness report reports/main --format md"),
        ("run it again: is it still so?", "harness report verify reports/main --corpus recordings"),
    ),
    "rules": (
        ("all rules", "harness rules list"),
        ("do their examples hold?", "harness rules test --rules badge.toml"),
        ("which rule found it?", 'harness rules explain "my badge is EMP-48213" --rules badge.toml'),
        ("what does a change gain and lose?", "harness rules impact - badge.toml --corpus recordings"),
    ),
    "run": (
        ("replay, and compare with live", "harness run --recording recordings --name nightly"),
        ("follow a service", "harness run --live http://127.0.0.1:9000 -c ID --name today --key-file my.key"),
    ),
    "scan": (
        ("is anything left?", "harness scan --strict recordings"),
        ("sign it off", 'harness scan session.rec.jsonl --sign-off "looked at by QA"'),
    ),
    "seal": (("after an edit by hand", "harness seal session.rec.jsonl"),),
    "selfcheck": (("false alarms of the gate", "harness selfcheck --aa 20 --no-power"),),
    "shrink": (
        (
            "the smallest that is still refused",
            "harness shrink session.rec.jsonl --failing not_json -o small.rec.jsonl",
        ),
        (
            "within a minute",
            "harness shrink session.rec.jsonl --failing 'schema or verdict==rejected' --seconds 60 -o least.rec.jsonl",
        ),
    ),
    "split": (("one file a conversation", "harness split session.rec.jsonl -o parts"),),
    "trim": (("the first two seconds", "harness trim session.rec.jsonl --before 2 -o start.rec.jsonl"),),
}


def epilog(verb: str) -> str:
    """The last part of a verb's help, in the form click leaves alone."""
    lines = [line for words, call in EXAMPLES.get(verb, ()) for line in (f"  # {words}", f"  {call}")]
    return "\n".join(["\b", "Examples:", *lines]) if lines else ""
