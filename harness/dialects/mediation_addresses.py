"""Where a mediation service lives: every address follows ``environment``, and each can be overridden alone.

1. ``endpoint`` overrides all three at once; an address given by itself wins over it.
2. A tenant's token must never go to another region: an address overridden to a foreign domain is refused unless it is
   on loopback or cross-host use is allowed explicitly.
3. ``endpoint`` may end in ``?stream=PORT`` where the stream listens on another port of the same host.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

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
    found = _of_environment(environment) if endpoint is None else _of_endpoint(endpoint)
    chosen = {
        "token_url": token_url or found.token_url,
        "gateway_url": gateway_url or found.gateway_url,
        "stream_url": stream_url or found.stream_url,
    }
    for name, url in chosen.items():
        _check(name, url, ("ws", "wss") if name == "stream_url" else ("http", "https"))
        _check_region("endpoint" if endpoint else name, url, environment, allow_cross_host)
    return Addresses(**{name: url.rstrip("/") for name, url in chosen.items()})


def is_loopback(url: str) -> bool:
    """True when ``url`` names this machine: localhost or a loopback address."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
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
    stream_port = parse_qs(parts.query).get("stream", [None])[0]
    netloc = parts.netloc
    if stream_port is not None:
        if not stream_port.isdigit() or not 0 < int(stream_port) < 65536:
            raise ConfigError("endpoint", endpoint, "a port number after ?stream=")
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
        netloc = f"{host}:{stream_port}"
    return Addresses(
        token_url=base + TOKEN_PATH,
        gateway_url=base + GATEWAY_PATH,
        stream_url=f"{scheme}://{netloc}{parts.path.rstrip('/')}{STREAM_PATH}",
    )


def _check(name: str, url: str, schemes: tuple[str, ...]) -> None:
    try:
        parts = urlsplit(url)
        valid = parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:
        valid = False
    if not valid:
        raise ConfigError(name, url, f"a URL such as {schemes[-1]}://host:port")
    if parts.username or parts.password:
        raise ConfigError(name, f"{parts.scheme}://…", "a URL without user name and password")
    if parts.scheme in _SECURE and not is_loopback(url):
        raise ConfigError(name, url, f"{_SECURE[parts.scheme]}:// for every host but loopback")


def _check_region(name: str, url: str, environment: str, allow_cross_host: bool) -> None:
    host = (urlsplit(url).hostname or "").lower()
    if allow_cross_host or is_loopback(url) or host == environment or host.endswith("." + environment):
        return
    raise ConfigError(
        name,
        url,
        f"a host of {environment} or loopback",
        fix="set environment to the region, or pass --allow-cross-host if the token may go there",
    )
