"""Children that leave a Ctrl-C to their parent."""

from __future__ import annotations

import multiprocessing
import signal
import subprocess
import sys
from multiprocessing.connection import Connection

from harness.session.children import deaf_children

_ASK = "import os, signal; os.kill(os.getpid(), signal.SIGINT); print('went on')"


def _mask(pipe: Connection) -> None:
    pipe.send(signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, ()))


def test_nor_does_the_first_child_of_multiprocessing() -> None:
    """Though the tracker that is begun with it unblocks signals."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    with deaf_children():
        process = context.Process(target=_mask, args=(there,))
        process.start()
    assert here.recv() is True
    process.join()


def test_a_child_does_not_see_the_signal() -> None:
    """It goes on, where one begun outside ends; this thread sees signals again behind the block."""
    with deaf_children():
        assert signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, ())
        deaf = subprocess.run([sys.executable, "-c", _ASK], capture_output=True, text=True, check=False)
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, ())
    assert (deaf.returncode, deaf.stdout, deaf.stderr) == (0, "went on\n", "")
    hearing = subprocess.run([sys.executable, "-c", _ASK], capture_output=True, text=True, check=False)
    assert hearing.returncode != 0
