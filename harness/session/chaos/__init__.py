"""Chaos: the real client against a service that fails on purpose, and its history checked afterwards (``CHAOS.md``)."""
