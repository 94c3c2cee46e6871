"""Word lists and tables, one folder a language."""
