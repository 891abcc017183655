"""Two runs side by side: requirements, steps, messages."""
