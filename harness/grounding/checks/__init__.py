"""One module a family of checks; each is ``check(question) -> list[Finding]``."""
