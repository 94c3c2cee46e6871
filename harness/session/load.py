"""Load on a service at loopback, from recordings: an open model, so that a slow service cannot slow the load down.

1. Clients begin at times fixed before the run, evenly over its seconds; each plays one recorded session, connections and
   requests, at its recorded distances from the client's own intended start, whether or not the service has answered.
2. No two clients share a conversation: see :mod:`harness.session.load_script`.
3. A latency is counted from the INTENDED time: what a service makes clients wait for is in the figure, not left out
   (coordinated omission). ``schedule_lag`` is how late the load itself was; where it is not small, the figures are of
   this machine. See :mod:`harness.session.load_client`.
4. Bounded: so many clients, so many seconds, then the length of the longest session and a grace; what is not over then
   is cut off, and counted. Loopback only.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence

from harness.clock import SystemClock
from harness.dialects.mediation_addresses import is_loopback
from harness.errors import ConfigError
from harness.session.load_client import GRACE_S, LoadClient, LoadResult, LoadTarget
from harness.session.load_script import LoadScript, load_script
from harness.wire.rest import RestClient
from harness.wire.tap import NullTap

__all__ = ["MAX_CLIENTS", "MAX_SECONDS", "LoadResult", "LoadScript", "LoadTarget", "load_script", "run_load"]

MAX_CLIENTS = 10_000
MAX_SECONDS = 3600.0


async def run_load(
    played: Sequence[tuple[LoadScript, LoadTarget]], *, clients: int, seconds: float, first: int = 1
) -> LoadResult:
    """Put ``clients`` clients on services within ``seconds``.

    Args:
        played: the sessions, each with where it is played; clients take them by turns.
        clients: how many.
        seconds: over how long they begin.
        first: the number of the first client; its ids are made from it.

    Raises:
        ConfigError: an argument is out of its bounds, or there is nothing to play.
    """
    _check(played, clients, seconds)
    result = LoadResult(clients=clients, seconds=seconds, cut_off=clients)
    clock = SystemClock()
    began_ns = clock.monotonic_ns()
    longest_s = max((script.ended_us - script.began_us) / 1e6 for script, _ in played)
    limit_s = seconds + min(longest_s, MAX_SECONDS) + 2 * GRACE_S
    async with RestClient(
        tap=NullTap(), clock=clock, rng=random.Random(first), attempts=1, connections=clients
    ) as rest:
        try:
            async with asyncio.timeout(limit_s), asyncio.TaskGroup() as group:
                for number in range(clients):
                    script, target = played[number % len(played)]
                    start_ns = began_ns + round(seconds * 1e9 * number / clients)
                    result.skipped += len(script.requests) * (target.gateway_url is None) + script.skipped
                    one = LoadClient(first + number, script, target, start_ns, result=result, rest=rest, clock=clock)
                    group.create_task(one.run())
        except TimeoutError:
            pass
    return result


def _check(played: Sequence[tuple[LoadScript, LoadTarget]], clients: int, seconds: float) -> None:
    if not 1 <= clients <= MAX_CLIENTS:
        raise ConfigError("--clients", clients, f"1 to {MAX_CLIENTS}")
    if not 0 < seconds <= MAX_SECONDS:
        raise ConfigError("--seconds", seconds, f"above 0, at most {MAX_SECONDS:g}")
    if not played:
        raise ConfigError("FILE", "no session", "recordings of clients that send something")
    for _, target in played:
        for option, url in (("--url", target.stream_url), ("--gateway-url", target.gateway_url)):
            if url is not None and not is_loopback(url):
                raise ConfigError(option, url, "an address on loopback", fix="load tests of other hosts are not ours")
