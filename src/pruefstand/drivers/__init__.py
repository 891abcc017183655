"""Ways to make the system under test act."""
