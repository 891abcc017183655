"""Pure judgements over recorded exchanges."""
