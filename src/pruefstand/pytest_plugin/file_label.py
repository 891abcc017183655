"""What a file of the operator is called in the id of its case: its name, or a number.

Case ids are compared between runs, so no salted commitment may stand in them, and they are read by
everybody, so no name of a person may.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import PurePath

from pruefstand.evidence.redaction.knowledge import Knowledge, Vocabulary
from pruefstand.evidence.redaction.scan import Scanner
from pruefstand.fhir.existing import file_content
from pruefstand.fhir.existing_reader import PrescriptionFileError
from pruefstand.model.secret_kind import REDACTABLE
from pruefstand.testdata.names import PERSONS

_DIGITS = 12


def file_label(file: str, files: Sequence[str]) -> str:
    """Return the label of `file`, which no other of `files` has.

    Its name with as many folders as are needed, or `datei-` and a part of the SHA-256 of that when
    it names the persons of the file or has the form of a secret.
    """
    name = _shortest(file, files)
    number = hashlib.sha256(name.encode()).hexdigest()[:_DIGITS]
    return f"datei-{number}" if _tells(file, name) else name


def _shortest(file: str, files: Sequence[str]) -> str:
    parts = PurePath(file).parts
    others = [PurePath(other).parts for other in files if other != file]
    for length in range(1, len(parts)):
        if not any(other[-length:] == parts[-length:] for other in others):
            return "/".join(parts[-length:])
    return PurePath(file).as_posix()


@lru_cache(maxsize=1024)
def _tells(file: str, name: str) -> bool:
    scanner, known = Scanner(Vocabulary(PERSONS)), Knowledge()
    # A file that cannot be read is not judged either; its name alone decides.
    with suppress(PrescriptionFileError):
        scanner.body(file_content(file)).teach(known)
    return scanner.text(name).tainted(known, frozenset(REDACTABLE))
