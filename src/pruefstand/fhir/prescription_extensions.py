"""The extensions of KBV_PR_ERP_Prescription: co-payment, fees, accident, series, T-Rezept."""

from __future__ import annotations

from pruefstand.fhir import kbv
from pruefstand.fhir.kbv import Json
from pruefstand.testdata.orders import Accident, PrescriptionOrder, Series, Teratogenic


def request_extensions(order: PrescriptionOrder) -> list[Json]:
    """Return what `order` says beyond drug, dosage and quantity."""
    copayment = kbv.kbv_coding("KBV_CS_FOR_StatusCoPayment", order.copayment)
    found = [
        kbv.extension("KBV_EX_FOR_StatusCoPayment", valueCoding=copayment),
        kbv.extension("KBV_EX_ERP_EmergencyServicesFee", valueBoolean=order.emergency_fee),
        kbv.extension("KBV_EX_FOR_SER", valueBoolean=False),
    ]
    if order.accident:
        found.append(kbv.extension("KBV_EX_FOR_Accident", extension=_accident(order.accident)))
    found.append(kbv.extension("KBV_EX_ERP_Multiple_Prescription", extension=_series(order.series)))
    if order.teratogenic:
        parts = _teratogenic(order.teratogenic)
        found.append(kbv.extension("KBV_EX_ERP_Teratogenic", extension=parts))
    return found


def _accident(accident: Accident) -> list[Json]:
    cause = kbv.kbv_coding("KBV_CS_FOR_Ursache_Type", accident.cause)
    parts = [kbv.part("Unfallkennzeichen", valueCoding=cause)]
    if accident.company:
        parts.append(kbv.part("Unfallbetrieb", valueString=accident.company))
    if accident.day:
        parts.append(kbv.part("Unfalltag", valueDate=accident.day.isoformat()))
    return parts


def _series(series: Series | None) -> list[Json]:
    if series is None:
        return [kbv.part("Kennzeichen", valueBoolean=False)]
    period = {"start": series.start.isoformat()}
    if series.end is not None:
        period["end"] = series.end.isoformat()
    ratio = {"numerator": {"value": series.part}, "denominator": {"value": series.parts}}
    number = kbv.identifier("urn:ietf:rfc:3986", f"urn:uuid:{series.series_id}")
    return [
        kbv.part("Kennzeichen", valueBoolean=True),
        kbv.part("Nummerierung", valueRatio=ratio),
        kbv.part("Zeitraum", valuePeriod=period),
        kbv.part("ID", valueIdentifier=number),
    ]


def _teratogenic(given: Teratogenic) -> list[Json]:
    confirmed = (
        "EinhaltungSicherheitsmassnahmen",
        "AushaendigungInformationsmaterialien",
        "ErklaerungSachkenntnis",
    )
    return [
        kbv.part("Off-Label", valueBoolean=False),
        kbv.part("GebaerfaehigeFrau", valueBoolean=given.childbearing),
        *(kbv.part(name, valueBoolean=True) for name in confirmed),
    ]
