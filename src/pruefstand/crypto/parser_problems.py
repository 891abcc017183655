"""How the X.509 and OCSP parsers of `cryptography` report what they do not read.

By unrelated exception types.
"""

from __future__ import annotations

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm

PARSER_PROBLEMS: tuple[type[Exception], ...] = (
    ValueError,
    TypeError,
    KeyError,
    # Raised for an OCSP request with more than one question.
    NotImplementedError,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
    # Under a filter that turns warnings into errors: non-positive serials, odd name lengths.
    Warning,
)
