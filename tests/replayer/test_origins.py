"""Browsers at the HTTP port."""

from __future__ import annotations

from typing import Any

from harness.replayer.origins import preflight, with_origin
from harness.wire.serve_http import Answer, Call

PAGE = "http://page.invalid"


def call(method: str = "POST", **headers: str) -> Call:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Call(method=method, path="/x", query="", headers=named, body=b"")


def test_other_clients_are_no_browsers() -> None:
    """Without an origin nothing is looked at, and nothing is added."""
    answer = Answer(status=200)
    assert preflight(call(), ()) is None
    assert with_origin(answer, call()) is answer


def test_a_page_that_was_not_allowed() -> None:
    """403, whatever it asks."""
    for method in ("GET", "POST", "OPTIONS"):
        refused = preflight(call(method, origin=PAGE), ["http://other.invalid"])
        assert refused is not None and refused.status == 403


def test_a_page_that_was_allowed() -> None:
    """Its preflight is answered, its requests go on, and every answer names its origin."""
    asked = preflight(call("OPTIONS", origin=PAGE, access_control_request_method="POST"), [PAGE])
    assert asked is not None
    headers = dict(asked.headers)
    assert (asked.status, headers["access-control-allow-origin"], headers["vary"]) == (204, PAGE, "origin")
    assert "authorization" in headers["access-control-allow-headers"]
    assert preflight(call(origin=PAGE), [PAGE]) is None
    assert preflight(call("OPTIONS", origin=PAGE), [PAGE]) is None


def test_through_the_service(served: Any, tape: Any, sub: Any) -> None:
    """A page gets its token with the origin in the answer; another page gets 403."""
    made = tape().opened().sends(sub("i")).closes()

    async def talk(client: Any) -> None:
        service = client.service
        form, who = {"grant_type": "client_credentials"}, (service.client_id, service.client_secret)
        for origin, status in ((PAGE, 200), ("http://other.invalid", 403)):
            answer = await client.http.post(service.token_url, data=form, auth=who, headers={"origin": origin})
            assert answer.status_code == status
            assert answer.headers.get("access-control-allow-origin") == (PAGE if status == 200 else None)

    assert served(talk, made, origins=[PAGE]).problems == []
