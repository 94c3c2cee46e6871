"""Headers and URLs by allow-list."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.pii import Redactor
from harness.recorder.safe import SECRET, SECRET_FIELDS, form, is_secret, safe_headers, safe_url


def test_headers() -> None:
    """Only listed headers are stored, in lower case and in their order."""
    given_headers = [("Content-Type", "a"), ("Authorization", "Bearer x"), ("Cookie", "y"), ("Retry-After", "3")]
    assert safe_headers(given_headers, lambda _: False) == (("content-type", "a"), ("retry-after", "3"))


def test_a_header_with_personal_data() -> None:
    """Its value is not stored, whether the leak scan sees it or only the detector."""
    found = [("Server", "kim@harborpost.net"), ("Server", "I live at 8988 Uxbel Street"), ("Server", "gw/2.1")]
    kept = safe_headers(found, lambda value: bool(Redactor().detect(value)))
    assert kept == (("server", SECRET), ("server", SECRET), ("server", "gw/2.1"))


@pytest.mark.parametrize(
    ("offered", "stored"),
    [
        ("chat", "chat"),
        ("graphql-transport-ws, wamp.2.json,v12.stomp", "graphql-transport-ws, wamp.2.json, v12.stomp"),
        ("mqttv3.1, soap", "mqttv3.1, soap"),
        ("chat_v2, bearer, hunter", "chat_v2, bearer, <secret>"),
        ("base64url.bearer.k8s.io.QQ, v4.channel.k8s.io", "<secret>, <secret>"),
        ("access_token.abc", "<secret>"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJhIjoxfQ.c2ln", "<secret>"),
        ("3f0c2a68-7f0b-4c1d-9b59-1f5f3c0d2e11", "<secret>"),
        ("deadbeefcafe12345", "<secret>"),
        ("a, , b", "a, <secret>, b"),
    ],
)
def test_subprotocols(offered: str, stored: str) -> None:
    """Names are stored; what may be a token in their place, or stands behind a word for one, is not."""
    assert safe_headers([("Sec-WebSocket-Protocol", offered)], lambda _: False) == (("sec-websocket-protocol", stored),)


@pytest.mark.parametrize(
    ("url", "stored"),
    [
        ("/a/b", "/a/b"),
        ("", ""),
        ("/a?", "/a?"),
        ("//a/b?v=2", "//a/b?v=2"),
        ("//[", "//["),
        ("/a?version=2&token=abc&x=&y#frag", "/a?version=2&token=<secret>&x=&<secret>"),
        ("/a?eyJhbGciOi", "/a?<secret>"),
        ("/a?k=1&&k=2", "/a?k=<secret>&&k=<secret>"),
    ],
)
def test_url(url: str, stored: str) -> None:
    """Keys stay, values go unless listed; what has no key is a value."""
    assert safe_url(url, lambda text: text) == stored


def test_url_is_searched() -> None:
    """Path and query go through the search each."""
    assert safe_url("/p?v=1", lambda text: f"<{text}>") == "</p>?<v=1>"


@pytest.mark.parametrize(
    "name", ["client_secret", "CLIENT_SECRET", "client%5Fsecret", " password", "access_token", "id_token"]
)
def test_secret_names(name: str) -> None:
    """A secret is known by its name however that is written."""
    assert is_secret(name)
    assert form(f"a=1&{name}=hidden&flag", lambda key: not is_secret(key)) == f"a=1&{name}=<secret>&flag"


@given(st.text())
def test_form_without_secrets(text: str) -> None:
    """A text all of whose keys may stay is left as it is."""
    assert form(text, lambda _: True) == text


def test_the_list() -> None:
    """The names are lower case, as they are compared."""
    assert {name.lower() for name in SECRET_FIELDS} == SECRET_FIELDS
