"""Silence about our exchanges, and about nothing else."""

from __future__ import annotations

import logging

import pytest

from harness.wire.quiet import quiet


def test_only_our_exchanges_are_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    """Within the block nothing of httpx and httpcore comes through; before and after it everything does."""
    caplog.set_level(logging.DEBUG)
    for name in ("httpx", "httpcore.http11", "httpcore.connection"):
        logger = logging.getLogger(name)
        logger.info("before")
        with quiet():
            logger.info("within")
            logging.getLogger("mine").info("my own")
        logger.info("after")
    assert [record.message for record in caplog.records] == ["before", "my own", "after"] * 3


def test_a_failure_ends_the_silence(caplog: pytest.LogCaptureFixture) -> None:
    """Whatever is raised within the block, logging goes on."""
    caplog.set_level(logging.DEBUG)
    with pytest.raises(ValueError, match="x"), quiet():
        raise ValueError("x")
    logging.getLogger("httpx").info("after")
    assert [record.message for record in caplog.records] == ["after"]
