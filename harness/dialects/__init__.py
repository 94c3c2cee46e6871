"""What a service says on the wire, as pure functions."""
