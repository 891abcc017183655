"""I_AccountLimit_Service 1.1.4 and I_ServiceInformation 1.0.3."""

from __future__ import annotations

from mocks.kim_fachdienst.answer import answer, basic_account
from mocks.kim_fachdienst.state import UNLIMITED, MailService
from pruefstand.model.http import Request, Response

PASSWORD_POLICY = r"^(?=.*[0-9])(?=.*[a-z])(?=.*[A-Z])(?=.*[^0-9a-zA-Z]).{12,256}$"  # noqa: S105
TOKEN_SECONDS = 300


def show_limits(service: MailService, request: Request) -> Response:
    """Answer with the limits of the account that asks."""
    account = basic_account(service, request)
    unlimited = account.quota == UNLIMITED
    return answer(
        {
            "dataTimeToLive": account.days_to_live,
            "maxMailSize": service.max_mail_size,
            "quota": account.quota,
            "remainQuota": UNLIMITED if unlimited else max(0, account.quota - account.used),
        }
    )


def show_service(_: MailService, __: Request) -> Response:
    """Answer with versions and rules."""
    return answer(
        {
            "kimServiceVersion": "1.5.5",
            "passwordPolicyRegEx": PASSWORD_POLICY,
            "passwordPolicyDisplay": "12 bis 256 Zeichen: Ziffer, Groß, Klein, Sonderzeichen",
            "jwtExpiration": TOKEN_SECONDS,
            "referenceIdRequired": False,
            "initialPasswordRequired": True,
        }
    )
