"""Mocks of the practice's neighbours, one package per role."""
