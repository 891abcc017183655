"""Today's checks on the recorded traffic of an old run."""
