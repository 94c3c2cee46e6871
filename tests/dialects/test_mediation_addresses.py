"""Where a service lives, and where its tokens may go."""

from __future__ import annotations

import traceback
from typing import Any

import pytest

from harness.dialects.mediation_addresses import ENVIRONMENTS, Addresses, is_loopback, resolve
from harness.errors import ConfigError

TOKEN, GATEWAY, STREAM = "/oauth/token", "/api/v2/ai-gateway", "/api/v2/mediation/conversations/stream"
SECRET = "hunter2"


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_address_follows_the_environment(environment: str) -> None:
    """Login on its own host, the rest on the API's."""
    assert resolve(environment) == Addresses(
        token_url=f"https://login.{environment}{TOKEN}",
        gateway_url=f"https://api.{environment}{GATEWAY}",
        stream_url=f"wss://api.{environment}{STREAM}",
    )
    assert not resolve(environment).loopback


@pytest.mark.parametrize("environment", ["", "mypurecloud.org", "MYPURECLOUD.COM", "evil.mypurecloud.com"])
def test_another_region_is_unknown(environment: str) -> None:
    """It is named, with some that are known."""
    with pytest.raises(ConfigError, match=r"mypurecloud\.ie"):
        resolve(environment)


@pytest.mark.parametrize(
    "endpoint, base, stream",
    [
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080", "ws://127.0.0.1:8080"),
        ("http://localhost:8080/", "http://localhost:8080", "ws://localhost:8080"),
        ("http://127.0.0.1:8080?stream=9090", "http://127.0.0.1:8080", "ws://127.0.0.1:9090"),
        ("http://127.0.0.1:8080/base/?stream=9090", "http://127.0.0.1:8080/base", "ws://127.0.0.1:9090/base"),
        ("http://[::1]:8080?stream=9090", "http://[::1]:8080", "ws://[::1]:9090"),
        ("http://[::1]:8080?stream=", "http://[::1]:8080", "ws://[::1]:8080"),
        ("https://api.mypurecloud.com", "https://api.mypurecloud.com", "wss://api.mypurecloud.com"),
    ],
)
def test_an_endpoint_overrides_all_three(endpoint: str, base: str, stream: str) -> None:
    """The stream may listen on a port of its own."""
    assert resolve(endpoint=endpoint) == Addresses(
        token_url=base + TOKEN, gateway_url=base + GATEWAY, stream_url=stream + STREAM
    )


def test_an_address_by_itself_wins_over_the_endpoint() -> None:
    """The others follow the endpoint; an empty one is not given."""
    found = resolve(endpoint="http://127.0.0.1:1", token_url="http://127.0.0.1:2/token/", gateway_url="")
    assert (found.token_url, found.gateway_url) == ("http://127.0.0.1:2/token", f"http://127.0.0.1:1{GATEWAY}")
    assert found.loopback
    assert resolve(endpoint="") == resolve()


@pytest.mark.parametrize(
    "given, name",
    [
        ({"stream_url": "wss://api.mypurecloud.ie/stream"}, "stream_url"),
        ({"token_url": "https://login.mypurecloud.com.evil.io/oauth/token"}, "token_url"),
        ({"gateway_url": "https://evilmypurecloud.com/x"}, "gateway_url"),
        ({"endpoint": "https://proxy.corp.net"}, "endpoint"),
        ({"endpoint": "http://127.0.0.1:1", "token_url": "https://login.mypurecloud.de/oauth/token"}, "token_url"),
    ],
)
def test_a_token_goes_to_no_other_region(given: dict[str, Any], name: str) -> None:
    """Unless that is allowed by name; the refused address is the one that is told."""
    with pytest.raises(ConfigError, match="--allow-cross-host") as caught:
        resolve(**given)
    assert caught.value.name == name
    assert isinstance(resolve(**given, allow_cross_host=True), Addresses)


def test_the_own_region_and_loopback_are_always_fine() -> None:
    """Whatever the port and the case."""
    assert resolve("mypurecloud.ie", stream_url="wss://API.mypurecloud.ie:8443/s").stream_url.endswith("/s")
    assert resolve("mypurecloud.ie", gateway_url="https://mypurecloud.ie/g").gateway_url == "https://mypurecloud.ie/g"
    assert resolve("mypurecloud.ie", token_url="http://[::1]:80/t").token_url == "http://[::1]:80/t"


@pytest.mark.parametrize(
    "given",
    [
        {"token_url": "ftp://127.0.0.1/x"},
        {"token_url": "ws://127.0.0.1/x"},
        {"stream_url": "http://127.0.0.1/x"},
        {"endpoint": "ws://127.0.0.1"},
        {"endpoint": "127.0.0.1:8080"},
        {"endpoint": "http://"},
        {"endpoint": "http://127.0.0.1:0"},
        {"endpoint": "http://127.0.0.1:99999"},
        {"endpoint": "http://127.0.0.1:x"},
        {"endpoint": "http://[::1"},
        {"endpoint": "http://127.0.0.1?stream=0"},
        {"endpoint": "http://127.0.0.1?stream=65536"},
        {"endpoint": "http://127.0.0.1?stream=x"},
        {"endpoint": "http://127.0.0.1?stream=²"},
        {"endpoint": "http://127.0.0.1?stream=" + "9" * 5000},
        {"token_url": "http://login.mypurecloud.com/oauth/token"},
        {"stream_url": "ws://api.mypurecloud.com/x", "allow_cross_host": True},
    ],
)
def test_what_is_no_address_here(given: dict[str, Any]) -> None:
    """Another scheme, no host, no port; plain text to a real host."""
    with pytest.raises(ConfigError) as caught:
        resolve(**given)
    assert caught.value.name in given


@pytest.mark.parametrize(
    "url",
    [
        f"https://user:{SECRET}@api.mypurecloud.com/x",
        f"ftp://user:{SECRET}@api.mypurecloud.com/x",
        f"https://{SECRET}@api.mypurecloud.com/x",
        f"https://user:{SECRET}@api.mypurecloud.com:99999/x",
        f"https://proxy.corp.net/x?key={SECRET}",
        f"http://proxy.corp.net/x?key={SECRET}",
        f"http://127.0.0.1/?stream={SECRET}",
        f"https://:{SECRET}@api.mypurecloud.com",
    ],
)
def test_no_error_shows_a_secret_of_a_url(url: str) -> None:
    """User name, password and query values stay unsaid."""
    for name in ("endpoint", "token_url"):
        if name == "token_url" and "stream=" in url:
            continue
        with pytest.raises(ConfigError) as caught:
            resolve(**{name: url})  # type: ignore[arg-type]
        assert SECRET not in "".join(traceback.format_exception(caught.value)).replace(repr(url), "")
        assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    "url, expected",
    [
        ("http://localhost", True),
        ("ws://127.9.9.9:80/x", True),
        ("http://[::1]:9", True),
        ("http://0.0.0.0", False),
        ("http://localhost.evil.io", False),
        ("http://10.0.0.1", False),
        ("localhost", False),
        ("http://[::1", False),
        ("", False),
    ],
)
def test_what_is_this_machine(url: str, expected: bool) -> None:
    """By name or by a loopback address."""
    assert is_loopback(url) is expected
