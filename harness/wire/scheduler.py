"""One alarm clock per event loop: calls at absolute times of the system's monotonic clock.

1. A heap of (due, order, call). Deadlines are absolute: a call that comes late does not move the next.
2. Where the system has timerfd, it wakes the loop to the microsecond; elsewhere the loop's own timers do, which
   epoll rounds up to a millisecond.
3. After a stall everything overdue is called at once, in order.
4. A call that fails is the loop's to report; the others are rung all the same.
"""

from __future__ import annotations

import asyncio
import ctypes
import heapq
import itertools
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, field

from harness.clock import SystemClock

__all__ = ["Alarm", "Scheduler"]

_CLOCK_MONOTONIC = 1
_NONBLOCK_CLOEXEC = 0o4000 | 0o2000000
_ABSTIME = 1


@dataclass(slots=True, order=True)
class Alarm:
    """A call to come; ``call`` is None once it rang or was cancelled."""

    due_ns: int
    order: int
    call: Callable[[], None] | None = field(compare=False)

    def cancel(self) -> None:
        self.call = None


class Scheduler:
    """Alarms of the running loop.

    Args:
        clock: what the due times are read on.
        timerfd: use it where there is one.
    """

    def __init__(self, clock: SystemClock, *, timerfd: bool = True) -> None:
        self._clock = clock
        self._loop = asyncio.get_running_loop()
        self._heap: list[Alarm] = []
        self._order = itertools.count()
        self._handle: asyncio.TimerHandle | None = None
        self._fd = _timerfd() if timerfd else None
        if self._fd is not None:
            self._loop.add_reader(self._fd.number, self._woken)

    @property
    def exact(self) -> bool:
        """True with a timerfd."""
        return self._fd is not None

    def at(self, due_ns: int, call: Callable[[], None]) -> Alarm:
        """Have ``call`` called at ``due_ns``."""
        alarm = Alarm(due_ns, next(self._order), call)
        heapq.heappush(self._heap, alarm)
        if self._heap[0] is alarm:
            self._set()
        return alarm

    def close(self) -> None:
        """Forget every alarm."""
        self._heap.clear()
        if self._handle is not None:
            self._handle.cancel()
        if self._fd is not None:
            self._loop.remove_reader(self._fd.number)
            self._fd.close()
            self._fd = None

    def _woken(self) -> None:
        assert self._fd is not None
        self._fd.read()
        self._ring()

    def _ring(self) -> None:
        try:
            self._ring_due(self._clock.monotonic_ns())
        finally:
            self._set()

    def _ring_due(self, now_ns: int) -> None:
        while self._heap and self._heap[0].due_ns <= now_ns:
            alarm = heapq.heappop(self._heap)
            call, alarm.call = alarm.call, None
            if call is not None:
                call()
        while self._heap and self._heap[0].call is None:
            heapq.heappop(self._heap)

    def _set(self) -> None:
        if not self._heap:
            return
        due_ns = self._heap[0].due_ns
        if self._fd is not None:
            self._fd.set(due_ns)
            return
        if self._handle is not None:
            self._handle.cancel()
        delay_s = max(0, due_ns - self._clock.monotonic_ns()) / 1e9
        self._handle = self._loop.call_later(delay_s, self._ring)


class _Spec(ctypes.Structure):
    """struct itimerspec of timerfd_settime(2): interval, then value, each seconds and nanoseconds."""

    _fields_ = [(name, ctypes.c_long) for name in ("every_s", "every_ns", "s", "ns")]


class _TimerFd:
    def __init__(self, number: int, libc: ctypes.CDLL) -> None:
        self.number = number
        self._libc = libc
        self._spec = _Spec()
        self._reference = ctypes.byref(self._spec)

    def set(self, due_ns: int) -> None:
        self._spec.s, self._spec.ns = divmod(max(1, due_ns), 1_000_000_000)
        self._libc.timerfd_settime(self.number, _ABSTIME, self._reference, None)

    def read(self) -> None:
        try:
            os.read(self.number, 8)
        except BlockingIOError:
            return

    def close(self) -> None:
        os.close(self.number)


def _timerfd() -> _TimerFd | None:
    """A timer of the kernel as a file; None where there is none (os has it since Python 3.13 only)."""
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None, use_errno=True)
    try:
        number = libc.timerfd_create(_CLOCK_MONOTONIC, _NONBLOCK_CLOEXEC)
    except AttributeError:
        return None
    return _TimerFd(number, libc) if number >= 0 else None
