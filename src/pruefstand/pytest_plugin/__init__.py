"""Binds scenarios, recorded exchanges and checks to verdicts."""
