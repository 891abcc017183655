"""The run folder: what was recorded, chained and kept."""
