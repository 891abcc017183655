"""The directory's deliberate misbehaviour."""

from __future__ import annotations

from pruefstand.mockkit import Fault

SEARCH_REFUSED = "suche_verweigert"
VERSION_MISSING = "version_fehlt"
SAME_DOMAIN_ID = "domain_id_doppelt"

FAULTS = {
    fault.name: fault
    for fault in (
        Fault(
            SEARCH_REFUSED,
            "beantwortet jede LDAP-Suche mit busy",
            ("TIP1-A_5570", "VZD-DAT-01", "VZD-DAT-02"),
        ),
        # How a client copes with these is its own business: the data are allowed to be so.
        Fault(VERSION_MISSING, "liefert Einträge ohne komLeData und kimData", ()),
        Fault(SAME_DOMAIN_ID, "führt jede domainID der Kassen auch bei der anderen Kasse", ()),
    )
}
