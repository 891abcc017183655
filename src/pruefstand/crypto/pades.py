"""PAdES: a signature inside a PDF, written as an incremental update (ETSI TS 102 778-3)."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import UTC, datetime

from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.signers.cms_embedder import PdfCMSEmbedder, SigIOSetup, SigObjSetup
from pyhanko.sign.signers.pdf_byterange import PdfSignedData

from pruefstand.crypto import der as asn1
from pruefstand.crypto.cms_problem import QesProblem
from pruefstand.crypto.cms_qes import Outside, QesDocument, QesSigner, verify
from pruefstand.crypto.pki.values import Identity, RsaIdentity

_FIELD = "Signatur"
_UNREADABLE = (PdfError, ValueError, KeyError, TypeError, AttributeError, OSError, RecursionError)
"""What the PDF library raises for octets that are no PDF or a broken one."""

_RESERVED = 16_384
"""Octets kept free for the CMS: certificate, signature and OCSP response need a quarter."""


@dataclass(frozen=True, slots=True)
class SignedPdf:
    """The last signature of a PDF; `is_whole` tells that it covers the file to its end."""

    cms: bytes
    outside: Outside
    is_whole: bool


def sign_pdf(
    document: bytes, identity: Identity | RsaIdentity, *, at: datetime, ocsp: bytes | None = None
) -> bytes:
    """Return `document` with a further signature; raises QesProblem when it is no usable PDF."""
    signer = QesSigner(identity, short_text=None, mime_type=None, timed=False)
    try:
        writer = IncrementalPdfFileWriter(io.BytesIO(document))
        taken = len(writer.prev.embedded_signatures)
        steps = PdfCMSEmbedder().write_cms(f"{_FIELD}{taken + 1}", writer)
        next(steps)
        value = PdfSignedData(
            obj_type=pdf_name("/Sig"),
            subfilter=SigSeedSubFilter.PADES,
            timestamp=at,
            bytes_reserved=_RESERVED,
        )
        steps.send(SigObjSetup(sig_placeholder=value))
        prepared, output = steps.send(SigIOSetup(md_algorithm="sha256"))
        written = output.getvalue()
        covered = (
            written[: prepared.reserved_region_start] + written[prepared.reserved_region_end :]
        )
        steps.send(signer.sign(covered, at=at, ocsp=ocsp, enveloping=False))
        return bytes(output.getvalue())
    except _UNREADABLE as problem:
        raise QesProblem(f"the PDF cannot be signed: {problem}") from problem


def read_pdf(signed: bytes) -> SignedPdf | None:
    """Return the last signature of a PDF, None without any; raises QesProblem for no PDF."""
    try:
        found = PdfFileReader(io.BytesIO(signed)).embedded_signatures
        if not found:
            return None
        begin, size, then, rest = (int(number) for number in found[-1].byte_range)
        content = bytes(found[-1].pkcs7_content)
        # The reserved room behind the CMS is filled with zeros.
        cms = content[: asn1.read(content, 0, len(content)).end]
        named = found[-1].self_reported_timestamp
    except _UNREADABLE as problem:
        raise QesProblem(f"the PDF cannot be read: {problem}") from problem
    covered = signed[begin : begin + size] + signed[then : then + rest]
    at = named.astimezone(UTC) if named is not None else None
    return SignedPdf(cms, Outside(covered, at), begin == 0 and then + rest == len(signed))


def verify_pdf(signed: bytes) -> QesDocument:
    """Check the last signature of a PDF; raises QesProblem also when it covers only a part."""
    found = read_pdf(signed)
    if found is None:
        raise QesProblem("the PDF is not signed")
    if not found.is_whole:
        raise QesProblem("the signature does not cover the whole PDF")
    return verify(found.cms, found.outside)
