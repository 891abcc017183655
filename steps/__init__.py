"""German sentences to flows: glue, a few lines a step."""
