"""The one place that plugs the parts together: live or replayed, recorded or not."""
