"""Operating conditions of the Konnektor (TAB_KON_503), and what each of them forbids."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from pruefstand.errors import ConfigurationError

NO_TI = "EC_No_VPN_TI_Connection"
NO_SIS = "EC_No_VPN_SIS_Connection"
NO_TERMINAL = "EC_CardTerminal_Not_Available"


class Effect(StrEnum):
    """What a condition does to the Konnektor beside being shown."""

    NONE = ""
    NO_VPN = "no connection to the TI"
    NO_CARDS = "cards and signatures refused with 4002"
    OFF = "everything refused with 4002"


@dataclass(frozen=True, slots=True)
class Condition:
    """One row of the table."""

    kind: str
    severity: str
    effect: Effect = Effect.NONE


_OP, _SEC = "Operation", "Security"
_ERROR, _INFO, _WARNING, _FATAL = "Error", "Info", "Warning", "Fatal"

CONDITIONS = {
    NO_TI: Condition(_OP, _ERROR, Effect.NO_VPN),
    NO_SIS: Condition(_OP, _ERROR),
    "EC_No_Online_Connection": Condition(_OP, _ERROR, Effect.NO_VPN),
    NO_TERMINAL: Condition(_OP, _ERROR),
    "EC_IP_Adresses_Not_Available": Condition(_SEC, _ERROR),
    **dict.fromkeys(
        (
            "EC_Time_Sync_Not_Successful",
            "EC_TSL_Update_Not_Successful",
            "EC_BNetzA_VL_Update_Not_Successful",
            "EC_Connector_Software_Out_Of_Date",
            "EC_FW_Update_Available",
            "EC_CardTerminal_Software_Out_Of_Date",
            "EC_CardTerminal_gSMC-KT_Certificate_Expires_Soon",
        ),
        Condition(_OP, _INFO),
    ),
    **dict.fromkeys(
        (
            "EC_TSL_Expiring",
            "EC_TSL_Trust_Anchor_Expiring",
            "EC_TLS_Client_Certificate_Security",
        ),
        Condition(_SEC, _INFO),
    ),
    **dict.fromkeys(
        (
            "EC_CRL_Expiring",
            "EC_Time_Sync_Pending_Warning",
            "EC_TSL_Out_Of_Date_Within_Grace_Period",
            "EC_BNetzA_VL_not_valid",
            "EC_NK_Certificate_Expiring",
            "EC_CRYPTOPERATION_ALARM",
        ),
        Condition(_SEC, _WARNING),
    ),
    "EC_LOG_OVERFLOW": Condition(_OP, _WARNING),
    **dict.fromkeys(
        (
            "EC_CRL_Out_Of_Date",
            "EC_TSL_Out_Of_Date_Beyond_Grace_Period",
            "EC_TSL_Trust_Anchor_Out_Of_Date",
            "EC_FW_Not_Valid_Status_Blocked",
        ),
        Condition(_SEC, _FATAL, Effect.NO_VPN),
    ),
    **dict.fromkeys(
        (
            "EC_Random_Generator_Not_Reliable",
            "EC_Secure_KeyStore_Not_Available",
            "EC_Time_Difference_Intolerable",
            "EC_Time_Sync_Pending_Critical",
        ),
        Condition(_SEC, _FATAL, Effect.NO_CARDS),
    ),
    "EC_Security_Log_Not_Writable": Condition(_OP, _FATAL, Effect.NO_CARDS),
    **dict.fromkeys(
        ("EC_Software_Integrity_Check_Failed", "EC_NK_Certificate_Expired"),
        Condition(_SEC, _FATAL, Effect.OFF),
    ),
}
"""By name; the condition of a terminal is followed by its id in parentheses."""


def condition(name: str) -> Condition:
    """Return the row for `name`, with or without a terminal; raises ConfigurationError."""
    found = CONDITIONS.get(name.partition("(")[0])
    if found is None:
        raise ConfigurationError(
            f"konnektor: operating condition {name!r} is unknown",
            hint="one of: " + ", ".join(CONDITIONS),
        )
    return found


def cuts_off(names: Iterable[str]) -> bool:
    """Whether one of the conditions keeps the Konnektor from the TI."""
    return any(condition(name).effect is Effect.NO_VPN for name in names)
