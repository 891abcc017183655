"""Seeded synthetic persons, practices and orders."""
