"""Where a mediation service lives: every address follows ``environment``, and each can be overridden alone.

1. ``endpoint`` overrides all three at once; an address given by itself wins over it.
2. A tenant's token must never go to another region: an address overridden to a foreign domain is refused unless it is
   on loopback or cross-host use is allowed explicitly.
3. ``endpoint`` may end in ``?stream=PORT`` where the stream listens on another port of the same host.
4. No error shows what a URL may hold of secrets: user name, password, values of its query.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qs, urlsplit

from harness.errors import ConfigError

__all__ = ["ENVIRONMENTS", "GATEWAY_PATH", "STREAM_PATH", "TOKEN_PATH", "Addresses", "is_loopback", "resolve"]

_PURE = ("usw2", "cac1", "apne2", "euw2", "aps1", "sae1", "mec1", "apne3", "euc2", "mxc1", "apse1")
ENVIRONMENTS = (
    "mypurecloud.com",
    "mypurecloud.ie",
    "mypurecloud.de",
    "mypurecloud.jp",
    "mypurecloud.com.au",
    *(f"{region}.pure.cloud" for region in _PURE),
    "use2.us-gov-pure.cloud",
    "edee1.eusc-pure.cloud",
)
"""Region domains; source: the vendor's list of regions."""

TOKEN_PATH = "/oauth/token"
GATEWAY_PATH = "/api/v2/ai-gateway"
STREAM_PATH = "/api/v2/mediation/conversations/stream"

_SECURE = {"http": "https", "ws": "wss"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """The three addresses, no trailing slash."""

    token_url: str
    gateway_url: str
    stream_url: str

    @property
    def loopback(self) -> bool:
        """True when all three are on this machine."""
        return all(is_loopback(url) for url in (self.token_url, self.gateway_url, self.stream_url))


def resolve(
    environment: str = "mypurecloud.com",
    *,
    token_url: str | None = None,
    gateway_url: str | None = None,
    stream_url: str | None = None,
    endpoint: str | None = None,
    allow_cross_host: bool = False,
) -> Addresses:
    """The addresses in force.

    Raises:
        ConfigError: an unknown region, a malformed URL, plain http(s) to a real host, or rule 2.
    """
    if environment not in ENVIRONMENTS:
        raise ConfigError("environment", environment, "a region domain such as " + ", ".join(ENVIRONMENTS[:3]))
    found = _of_endpoint(endpoint) if endpoint else _of_environment(environment)
    given = {"token_url": token_url, "gateway_url": gateway_url, "stream_url": stream_url}
    chosen = {name: url or getattr(found, name) for name, url in given.items()}
    for name, url in chosen.items():
        _check(name, url, ("ws", "wss") if name == "stream_url" else ("http", "https"))
        _check_region(name if given[name] or not endpoint else "endpoint", url, environment, allow_cross_host)
    return Addresses(**{name: url.rstrip("/") for name, url in chosen.items()})


def is_loopback(url: str) -> bool:
    """True when ``url`` names this machine: localhost or a loopback address."""
    try:
        host = urlsplit(url).hostname or ""
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _of_environment(environment: str) -> Addresses:
    return Addresses(
        token_url=f"https://login.{environment}{TOKEN_PATH}",
        gateway_url=f"https://api.{environment}{GATEWAY_PATH}",
        stream_url=f"wss://api.{environment}{STREAM_PATH}",
    )


def _of_endpoint(endpoint: str) -> Addresses:
    _check("endpoint", endpoint, ("http", "https"))
    parts = urlsplit(endpoint)
    base = f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"
    scheme = "wss" if parts.scheme == "https" else "ws"
    return Addresses(
        token_url=base + TOKEN_PATH,
        gateway_url=base + GATEWAY_PATH,
        stream_url=f"{scheme}://{_stream_netloc(parts, endpoint)}{parts.path.rstrip('/')}{STREAM_PATH}",
    )


def _stream_netloc(parts: SplitResult, endpoint: str) -> str:
    """Host and port of the stream: rule 3."""
    port = parse_qs(parts.query).get("stream", [""])[0]
    if not port:
        return parts.netloc
    if not (port.isascii() and port.isdigit() and len(port) <= 5 and 0 < int(port) < 65536):
        raise ConfigError("endpoint", _shown(endpoint), "a port number after ?stream=")
    host = parts.hostname or ""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _check(name: str, url: str, schemes: tuple[str, ...]) -> None:
    parts = _split(url)
    if parts is None or parts.scheme not in schemes or not parts.hostname:
        raise ConfigError(name, _shown(url), f"a URL such as {schemes[-1]}://host:port")
    if "@" in parts.netloc:
        raise ConfigError(name, _shown(url), "a URL without user name and password")
    if parts.scheme in _SECURE and not is_loopback(url):
        raise ConfigError(name, _shown(url), f"{_SECURE[parts.scheme]}:// for every host but loopback")


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        return parts if parts.port != 0 else None
    except ValueError:
        return None


def _check_region(name: str, url: str, environment: str, allow_cross_host: bool) -> None:
    host = (urlsplit(url).hostname or "").lower()
    if allow_cross_host or is_loopback(url) or host == environment or host.endswith("." + environment):
        return
    raise ConfigError(
        name,
        _shown(url),
        f"a host of {environment} or loopback",
        fix="set environment to the region, or pass --allow-cross-host if the token may go there",
    )


def _shown(url: str) -> str:
    """``url`` as an error may show it (rule 4)."""
    before, at, host = url.partition("?")[0].rpartition("@")
    return f"{before.partition('//')[0]}//…@{host}" if at else host
