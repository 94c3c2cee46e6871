"""Recordings in other forms, and other forms as entries. Values in, values out; files and chance are the caller's."""
