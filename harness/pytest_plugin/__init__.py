"""The pytest plugin, ``harness.pytest_plugin.plugin``: recordings as test items, fixtures around a replay. See PYTEST.md."""
