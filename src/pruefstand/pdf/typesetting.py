"""Documents for the archive as PDF/A, set by Typst.

What is shown reaches Typst as JSON and is shown as strings, so that nothing of it is ever read as
markup. Fonts are those bundled with Typst; the same data give the same octets.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import typst

from pruefstand.errors import HarnessError

ARCHIVE: tuple[typst.PDFStandard, ...] = ("a-2b", "ua-1")
"""For the archive, and for readers who hear or feel the page."""


def set_pdf(
    template: bytes,
    data: Mapping[str, Any],
    *,
    what: str,
    at: datetime,
    standards: Sequence[typst.PDFStandard] = ARCHIVE,
    hint: str = "",
) -> bytes:
    """Return the PDF of a Typst `template` that reads `sys.inputs.data`, dated `at`.

    Raises HarnessError when Typst refuses the document; `what` names it, `hint` says what to do.
    """
    compiler = typst.Compiler(
        template, ignore_system_fonts=True, sys_inputs={"data": json.dumps(data)}
    )
    try:
        document = compiler.compile(
            format="pdf", pdf_standards=list(standards), timestamp=at.replace(microsecond=0)
        )
    except typst.TypstError as error:
        raise HarnessError(
            f"{what}: Typst setzt das Dokument nicht ({error.message[:300]})", hint=hint
        ) from error
    assert isinstance(document, bytes)
    return document
