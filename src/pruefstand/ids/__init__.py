"""Identifiers of the German health system, one module each: `is_valid`, `problem`, `generate`.

`problem` returns one German sentence, or None when the identifier is valid; `corrected` gives the
same identifier with the right check digit, where there is one.
"""

from __future__ import annotations
