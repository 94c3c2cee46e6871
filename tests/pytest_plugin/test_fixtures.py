"""The fixtures, in fresh projects with tests of their own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., pytest.RunResult]


def test_a_client_plays_a_recording(
    run: Run, project: pytest.Pytester, small: Path, client: Callable[[], Path]
) -> None:
    """A client of nobody's plays it all; one that stops early, sends something else or dials elsewhere fails by name."""
    client()
    project.makepyfile(
        test_client="""
        import urllib.request
        import pytest
        from client import listen

        pytestmark = pytest.mark.recording("small")

        def test_plays(harness_replay):
            assert listen(harness_replay)["seq"] == 1
            harness_replay.assert_all_played()
            assert (harness_replay.unplayed(), harness_replay.problems) == ([], [])
            assert harness_replay.endpoint.startswith("http://127.0.0.1:")
            assert harness_replay.token_url.startswith(harness_replay.gateway_url.rpartition("/api")[0])
            assert harness_replay.client_secret not in repr(harness_replay)

        def test_stops_early(harness_replay):
            harness_replay.assert_all_played()

        def test_sends_something_else(harness_replay):
            with pytest.raises(Exception):
                listen(harness_replay, "call-2")

        def test_dials_elsewhere(harness_replay):
            urllib.request.urlopen("http://192.0.2.7/")

        def test_may_reach_a_port_of_its_own(harness_replay):
            import socket
            with socket.create_server(("127.0.0.1", 0)) as server:
                harness_replay.allow(server.getsockname()[1])
                socket.create_connection(server.getsockname()).close()

        @pytest.mark.recording("small", speed=1000, match="subset")
        def test_at_a_speed(harness_replay):
            assert listen(harness_replay)["seq"] == 1
        """
    )
    done = run("test_client.py")
    done.assert_outcomes(passed=4, failed=2, errors=1)
    text = done.stdout.str()
    assert "recorded steps were not played" in text
    assert "unexpected" in text
    assert "NetworkBlocked: a connection to 192.0.2.7:80 was blocked" in text
    assert "415-288" not in text


def test_failing_assertions_show_no_text(run: Run, project: pytest.Pytester, small: Path) -> None:
    """Assertions on what the fixtures give fail without a word, number or name of the conversation, even at -vv."""
    project.makepyfile(
        test_shown="""
        import dataclasses
        import pytest

        pytestmark = pytest.mark.recording("small")

        def test_entries(harness_recording):
            assert harness_recording.entries == []

        def test_one_entry(harness_recording):
            assert harness_recording.entries[3] == harness_recording.entries[2]

        def test_recording(harness_recording):
            assert dataclasses.replace(harness_recording, entries=[]) == harness_recording

        def test_outcomes(harness_recording, harness_pipeline):
            told = harness_recording.entries[3].text
            assert harness_pipeline.feed(told, 0) == []

        def test_one_outcome(harness_recording, harness_pipeline):
            outcome = harness_pipeline.feed(harness_recording.entries[3].text, 0)[0]
            assert [span.type for span in outcome.spans] == ["PERSON", "PHONE"]
            assert outcome == dataclasses.replace(outcome, payload={}, number=9)

        def test_result(harness_recording, harness_report, harness_sink):
            result = harness_report.replay(harness_recording, sink=harness_sink)
            assert [outcome.seq for outcome in harness_sink.outcomes] == [1, 2]
            assert result is None

        def test_sink(harness_recording, harness_report, harness_sink):
            harness_report.replay(harness_recording, sink=harness_sink)
            assert harness_sink == [] and harness_sink.parcels == 1

        def test_other_types(harness_recording):
            assert harness_recording == 1
        """
    )
    done = run("-vv", "test_shown.py")
    done.assert_outcomes(failed=8)
    text = done.stdout.str()
    for word in ("415-288", "Marta", "Quell", "my number"):
        assert word not in text
    done.stdout.fnmatch_lines(["*fields that differ: number, payload (what is in them is not shown)"])


def test_configuration_clock_and_pipeline(run: Run, project: pytest.Pytester, small: Path) -> None:
    """The settings are the project's until overridden; the clock moves by itself; a pipeline needs no recording."""
    (project.path / "harness.toml").write_text('generate = "never"\nretain_tokens = 77\n')
    project.makepyfile(
        test_own="""
        import asyncio
        import pytest

        def test_settings(harness_config):
            assert harness_config.retain_tokens == 77

        def test_clock(harness_clock):
            asyncio.run(harness_clock.sleep_until(3_600_000_000_000))
            assert harness_clock.monotonic_ns() == 3_600_000_000_000

        def test_pipeline(harness_pipeline):
            (outcome,) = harness_pipeline.feed("no JSON", 0)
            assert outcome.verdict == "rejected"

        class TestOverridden:
            @pytest.fixture
            def harness_config(self, harness_config):
                return harness_config.model_copy(update={"retain_tokens": 5})

            def test_settings(self, harness_config, harness_pipeline):
                assert harness_config.retain_tokens == 5

        def test_sink(harness_sink):
            from harness.sinks.base import Parcel
            parcel = Parcel(key="k", kind="delivery", conversation="c", number=1, body={"summary": "x"})
            asyncio.run(harness_sink.deliver(parcel))
            assert harness_sink.parcels == [parcel]
            assert repr(harness_sink) == "<KeepingSink of 1 parcels>"
        """
    )
    run("test_own.py").assert_outcomes(passed=5)


@pytest.mark.prove
def test_a_report_of_tests_own_replays(run: Run, project: pytest.Pytester, small: Path) -> None:
    """What tests replay is in the report once, with one process and with two; a mark alone makes a recording used."""
    project.makepyfile(
        """
        import pytest

        @pytest.mark.recording("small")
        @pytest.mark.parametrize("turn", [1, 2])
        def test_replay(harness_report, harness_recording, turn):
            assert not harness_report.replay(harness_recording).problems
        """
    )
    (project.path / "recordings" / "other.rec.jsonl").write_bytes(small.read_bytes())
    tests = next(project.path.glob("test_*.py"))
    (project.path / "tests").mkdir()
    tests.rename(project.path / "tests" / tests.name)
    alone = run("tests", "--harness-report", "one/all")
    alone.assert_outcomes(passed=2)
    alone.stdout.fnmatch_lines(["unused: recordings/other.rec.jsonl"])
    shared = run("tests", "-n", "2", "--harness-report", "two/all")
    shared.stdout.fnmatch_lines(["unused: recordings/other.rec.jsonl"])
    one, two = ((project.path / name / "all" / "report.json").read_bytes() for name in ("one", "two"))
    assert one == two
    assert b'"sessions": 1,' in one


def test_marks_that_cannot_be(run: Run, project: pytest.Pytester, small: Path) -> None:
    """A missing mark, an unknown word, speed, mode, or recording is an error that says what would do."""
    project.makepyfile(
        test_marks="""
        import pytest

        def test_none(harness_recording): ...

        @pytest.mark.recording("small", pace=2)
        def test_word(harness_recording): ...

        @pytest.mark.recording("small", speed="slow")
        def test_speed(harness_replay): ...

        @pytest.mark.recording("small", mode="sometimes")
        def test_mode(harness_replay): ...

        @pytest.mark.recording("absent")
        def test_absent(harness_replay): ...

        @pytest.mark.recording("small", "small", mode="once")
        def test_two(harness_replay): ...
        """
    )
    done = run("--tb=short", "test_marks.py")
    done.assert_outcomes(errors=6)
    done.stdout.fnmatch_lines_random(
        [
            "*which recording? mark the test*",
            "*pytest.mark.recording: 'pace' is not allowed; expected match, mode, speed",
            "*speed: 'slow' is not allowed; expected a number above 0, or 'instant'",
            "*'sometimes' is not allowed; expected none | once*",
            "*absent.rec.jsonl: no such file*",
            "*recording: 2 is not allowed; expected one recording in mode once",
        ]
    )


MY_CLIENT = """
import asyncio
from pydantic import SecretStr
from harness.clock import SystemClock
from harness.dialects.mediation_addresses import resolve
from harness.pipeline.policy import PipelinePolicy
from harness.recording.reader import read_recording
from harness.session.parts import Credentials, Tools
from harness.session.replay import subscriptions
from harness.session.session import SessionPlan, run_session


def run(endpoint, client_id, client_secret):
    ((conversation, asked),) = subscriptions(read_recording("recordings/retail-gift-return.rec.jsonl")).items()
    plan = SessionPlan(
        addresses=resolve(endpoint=endpoint),
        credentials=Credentials(client_id, SecretStr(client_secret)),
        conversations=[conversation],
        policy=PipelinePolicy(subscription=asked),
        tools=Tools.default(),
        clock=SystemClock(),
        stopwatch=SystemClock(),
    )
    assert asyncio.run(run_session(plan)).error is None
"""


def test_the_section_of_the_readme(
    run: Run, project: pytest.Pytester, with_recordings: Callable[..., Path], root: Path
) -> None:
    """The tests of the README pass as they stand, and its commands check the recordings and write the report."""
    text = (root / "README.md").read_text(encoding="utf-8")
    section = text[text.index("## In pytest") : text.index("## Fuzz your rules")]
    with_recordings("retail-gift-return")
    project.makepyfile(my_client=MY_CLIENT)
    block = section[section.index("```python\n") + 10 : section.rindex("```")]
    project.makepyfile(test_mine=f"import my_client\n{block}")
    assert "    pytest recordings/\n" in section
    command = section[section.index("`pytest ") + 8 :].partition("`")[0]
    assert command.split()[:1] == ["recordings/"]
    run("test_mine.py", *command.split()).assert_outcomes(passed=6)
    assert (project.path / "reports" / "ci" / "report.html").exists()
