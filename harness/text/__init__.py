"""What both redaction and grounding need to know about text."""
