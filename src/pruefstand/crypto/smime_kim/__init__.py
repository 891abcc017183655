"""S/MIME of KIM: a mail is wrapped, signed, wrapped again, encrypted, and back (gemSMIME_KOMLE).

`seal` makes of the inner mail (L0) the octets that the outer mail carries in base64 (L4);
`Sealed.parse`, `unseal` and `verify` undo it step by step.
"""

from __future__ import annotations

from pruefstand.crypto.smime_kim.chain import Recipient, Sealed, SignedMail, seal, unseal, verify
from pruefstand.crypto.smime_kim.problems import ChainProblem, DecryptionFailure, IntegrityFailure
from pruefstand.crypto.smime_kim.recipient_emails import RecipientEmail
from pruefstand.crypto.smime_kim.results import (
    DecryptionResult,
    IntegrityResult,
    KimError,
)

__all__ = [
    "ChainProblem",
    "DecryptionFailure",
    "DecryptionResult",
    "IntegrityFailure",
    "IntegrityResult",
    "KimError",
    "Recipient",
    "RecipientEmail",
    "Sealed",
    "SignedMail",
    "seal",
    "unseal",
    "verify",
]
