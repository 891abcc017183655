"""The requirement catalogue: read it, lint what claims it, say what a run covers of it."""
