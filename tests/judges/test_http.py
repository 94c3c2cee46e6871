"""A language model behind an endpoint on this machine."""

import asyncio
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from pydantic import SecretStr

from harness.clock import SystemClock
from harness.errors import ConfigError, ServiceError
from harness.judges import HttpJudge

PAIR = (("Agent: The fee is 6 pounds.",), "The fee is 6 pounds.")


@pytest.fixture
def endpoint() -> Iterator[tuple[str, list[dict[str, Any]], dict[str, str]]]:
    """Address, what was asked (with the authorization header), and what is answered."""
    asked: list[dict[str, Any]] = []
    answer = {"text": '{"score": 0.75}'}

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            asked.append({"path": self.path, "key": self.headers.get("authorization"), **body})
            reply = json.dumps({"choices": [{"message": {"content": answer["text"]}}]}).encode()
            self.send_response(200)
            self.send_header("content-length", str(len(reply)))
            self.end_headers()
            self.wfile.write(reply)

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/v1", asked, answer
    server.shutdown()
    thread.join()
    server.server_close()


def judge(url: str) -> HttpJudge:
    """A judge with a key."""
    return HttpJudge(url, "small-1", clock=SystemClock(), key=SecretStr("s3cret"))


def test_one_request_a_claim(endpoint: tuple[str, list[dict[str, Any]], dict[str, str]]) -> None:
    """The claim and the turns are fenced; the score is read from the answer."""
    url, asked, _ = endpoint
    assert asyncio.run(judge(url).score([PAIR, PAIR])) == [0.75, 0.75]
    assert (asked[0]["path"], asked[0]["key"], asked[0]["model"]) == (
        "/v1/chat/completions",
        "Bearer s3cret",
        "small-1",
    )
    assert "<claim>\nThe fee is 6 pounds.\n</claim>" in asked[0]["messages"][1]["content"]


def test_without_a_key_none_is_sent(endpoint: tuple[str, list[dict[str, Any]], dict[str, str]]) -> None:
    """Local endpoints want none."""
    url, asked, _ = endpoint
    asyncio.run(HttpJudge(url, "m", clock=SystemClock()).score([PAIR]))
    assert asked[0]["key"] is None


@pytest.mark.parametrize("text", ["yes", '{"score": 2}', '{"score": 1.5}'])
def test_an_answer_without_a_score_is_none(
    endpoint: tuple[str, list[dict[str, Any]], dict[str, str]], text: str
) -> None:
    """Typed error, without the text."""
    url, _, answer = endpoint
    answer["text"] = text
    with pytest.raises(ServiceError, match="no score"):
        asyncio.run(judge(url).score([PAIR]))


def test_personal_data_is_not_sent(endpoint: tuple[str, list[dict[str, Any]], dict[str, str]]) -> None:
    """The scan stands between the judge and the network."""
    url, asked, _ = endpoint
    with pytest.raises(ServiceError, match="not sent"):
        asyncio.run(judge(url).score([(("Customer: my card is 4716 9676 3275 5929",), "x")]))
    assert asked == []


def test_only_https_leaves_the_machine() -> None:
    """Plain http is for loopback."""
    with pytest.raises(ConfigError, match="https"):
        HttpJudge("http://judge.invalid/v1", "m", clock=SystemClock())
