"""Lexicons of the grounding checks, one folder a language."""
