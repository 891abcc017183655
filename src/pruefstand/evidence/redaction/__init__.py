"""Redaction before hashing: secrets and personal data become salted commitments.

`grammar`, `markup`, `members` and `binary` know what such values look like; `knowledge` holds those
a run has seen or made itself; `scan` opens encodings; `record` rewrites a case.
"""
