"""The values everything shares: messages, exchanges, findings, verdicts."""
