"""The smallest recording that still fails: expressions, delta debugging, and what is written (``SHRINK.md``)."""
