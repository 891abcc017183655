"""Profiles: what a run talks to, validated before anything starts."""
