"""The gematik error element in SOAP faults and in `CONN:Status` (TelematikError v2.0)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from pruefstand.soap.envelope import Element, child, children, element, text
from pruefstand.soap.namespaces import qname


@dataclass(frozen=True, slots=True)
class TelematikError:
    """One Trace of a `GERROR:Error`."""

    code: int
    text: str
    error_type: str = "Technical"
    severity: str = "Error"
    component: str = "Konnektor"
    detail: str = ""


@dataclass(frozen=True, slots=True)
class SoapFault:
    """A fault as received; `error` is None when its detail holds no gematik error."""

    faultcode: str
    faultstring: str
    error: TelematikError | None


@dataclass(frozen=True, slots=True)
class Status:
    """A `CONN:Status`: `OK`, or `Warning` with the error it warns of."""

    result: str
    error: TelematikError | None = None


def xml_time(instant: datetime) -> str:
    """Return `instant` as xs:dateTime in UTC with whole seconds."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def error_element(
    error: TelematikError,
    *,
    message_id: str,
    at: datetime,
    cause: TelematikError | None = None,
) -> Element:
    """Return `error` as `GERROR:Error`; the Trace of its `cause` stands before its own."""
    traces = [row for row in (cause, error) if row is not None]
    return element(
        "GERROR:Error",
        element("GERROR:MessageID", message_id),
        element("GERROR:Timestamp", xml_time(at)),
        *(_trace(row, message_id, number) for number, row in enumerate(traces, start=1)),
    )


def _trace(error: TelematikError, message_id: str, number: int) -> Element:
    detail = element("GERROR:Detail", error.detail, Encoding="UTF-8") if error.detail else None
    return element(
        "GERROR:Trace",
        element("GERROR:EventID", f"{message_id}-{number}"),
        element("GERROR:Instance", f"{error.component}-Lokal"),
        element("GERROR:LogReference", message_id),
        element("GERROR:CompType", error.component),
        element("GERROR:Code", str(error.code)),
        element("GERROR:Severity", error.severity),
        element("GERROR:ErrorType", error.error_type),
        element("GERROR:ErrorText", error.text),
        detail,
    )


def fault_element(
    error: TelematikError,
    *,
    message_id: str,
    at: datetime,
    faultcode: str = "Server",
    cause: TelematikError | None = None,
) -> Element:
    """Return the SOAP fault that carries `error`; `faultstring` is the error's text."""
    code = element("faultcode", f"SOAP-ENV:{faultcode}")
    detail = element("detail", error_element(error, message_id=message_id, at=at, cause=cause))
    return element("SOAP-ENV:Fault", code, element("faultstring", error.text), detail)


def status_element(
    warning: TelematikError | None = None, *, message_id: str = "", at: datetime | None = None
) -> Element:
    """Return `CONN:Status`: OK, or Warning when `warning` is given (then `at` is needed)."""
    if warning is None or at is None:
        return element("CONN:Status", element("CONN:Result", "OK"))
    return element(
        "CONN:Status",
        element("CONN:Result", "Warning"),
        error_element(warning, message_id=message_id, at=at),
    )


def read_fault(body: Element) -> SoapFault | None:
    """Return the fault when `body` is one."""
    if body.tag != qname("SOAP-ENV:Fault"):
        return None
    detail = child(body, "detail")
    error = child(detail, "GERROR:Error") if detail is not None else None
    code = text(body, "faultcode") or ""
    return SoapFault(code.rpartition(":")[2], text(body, "faultstring") or "", _read_error(error))


def read_status(parent: Element) -> Status | None:
    """Return the `CONN:Status` below `parent`; None when the operation carries none."""
    status = child(parent, "CONN:Status")
    if status is None:
        return None
    error = _read_error(child(status, "GERROR:Error"))
    return Status(text(status, "CONN:Result") or "", error)


def _read_error(error: Element | None) -> TelematikError | None:
    # With several traces the last one is the code that gematik specifies.
    traces = list(children(error, "GERROR:Trace")) if error is not None else []
    if not traces:
        return None
    trace = traces[-1]
    code = text(trace, "GERROR:Code") or ""
    return TelematikError(
        code=int(code) if code.isdigit() else 0,
        text=text(trace, "GERROR:ErrorText") or "",
        error_type=text(trace, "GERROR:ErrorType") or "",
        severity=text(trace, "GERROR:Severity") or "",
        component=text(trace, "GERROR:CompType") or "",
        detail=text(trace, "GERROR:Detail") or "",
    )
