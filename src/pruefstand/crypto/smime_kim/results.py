"""The codes a KIM client module writes into X-KIM headers (gemSpec_CM_KOMLE)."""

from __future__ import annotations

from enum import IntEnum, StrEnum


class DecryptionResult(StrEnum):
    """Values of X-KIM-DecryptionResult."""

    OK = "00"
    KEY_UNAVAILABLE = "01"
    WRONG_FORMAT = "02"
    KONNEKTOR_UNAVAILABLE = "03"


class IntegrityResult(StrEnum):
    """Values of X-KIM-IntegrityCheckResult; the header may repeat."""

    OK = "01"
    BROKEN = "02"
    NO_SIGNATURE = "03"
    WRONG_FORMAT = "04"
    CERTIFICATE_INVALID = "05"
    KONNEKTOR_ERROR = "06"
    REVOCATION_UNKNOWN = "07"
    HEADERS_DIFFER = "08"
    RECIPIENTS_DIFFER = "09"


class KimError(IntEnum):
    """Values of X-KIM-Fehlermeldung (A_20650)."""

    RECIPIENT_VERSION_TOO_LOW = 4001
    KAS_UPLOAD_FAILED = 4002
    NO_UNIQUE_TELEMATIK_ID = 4003
    NOT_ENCRYPTABLE_FOR_ALL = 4004
    DIFFERING_TELEMATIK_IDS = 4005
    KAS_DOWNLOAD_FAILED = 4006
    KAS_DECRYPTION_FAILED = 4007
    VERSION_NOT_SUPPORTED = 4008
    KEY_UNAVAILABLE = 4009
    WRONG_ENCRYPTION_FORMAT = 4010
    KONNEKTOR_UNAVAILABLE = 4011
    KAS_HASH_MISMATCH = 4012
    KAS_THROTTLED = 4013
    ALTERED_AFTER_ENCRYPTION = 4014
    SIGNATURE_MANIPULATED = 4015
    PKCS12_RENEWAL_FAILED = 4016
    MODULE_OLDER_THAN_DIRECTORY = 4017
    LARGE_MAIL_NOT_ENABLED = 4018
    # 4019 came with A_20650-06; its text is in no source we have.
    UNKNOWN_4019 = 4019
