"""One client per protocol, no business logic."""
