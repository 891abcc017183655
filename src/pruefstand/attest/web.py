"""The page for practice staff: loopback only, one unguessable address, no script, no cookie.

The token in the address is the only key, so whatever lacks it gets the same bare 404. A request
under another host name is refused (DNS rebinding), a form from another page too, and each form is
taken once.
"""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import Callable

from pruefstand.attest.desk import Desk, Entry, reread
from pruefstand.attest.form import Form, FormProblem, read_form
from pruefstand.attest.page import CSP, render
from pruefstand.clock import Clock
from pruefstand.errors import OperatorError, PruefstandError
from pruefstand.evidence.operator_key import OperatorKey
from pruefstand.mockkit import App, Route
from pruefstand.mockkit.serve import Server, free_socket, serve
from pruefstand.model.http import Request, Response

MAX_NONCES = 2000
"""Forms that are open at the same time; the oldest are forgotten."""
HEADERS = (
    ("Content-Type", "text/html; charset=utf-8"),
    ("Content-Security-Policy", CSP),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    # With no-referrer a browser would hide the origin of our own forms too.
    ("Referrer-Policy", "same-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Cache-Control", "no-store"),
)
Answer = Callable[[Request], Response]


class AttestationPage:
    """The handlers; they run one after the other on the server's event loop."""

    def __init__(self, desk: Desk, key: OperatorKey, clock: Clock, *, token: str = "") -> None:
        self.token = token or secrets.token_urlsafe(32)
        self.hosts: frozenset[str] = frozenset()
        """The Host headers that may reach the page; set when it is served."""
        self._desk = desk
        self._key = key
        self._clock = clock
        self._nonces: OrderedDict[str, str] = OrderedDict()
        self._last = {"wer": "", "rolle": ""}

    def app(self) -> App:
        """Return the page as an app."""
        routes = (
            Route("GET", "/{token}/", "Liste", self._guarded(self._list)),
            Route("GET", "/{token}/{case}", "Punkt", self._guarded(self._item)),
            Route("POST", "/{token}/{case}", "Aussage", self._guarded(self._post)),
        )
        return App("attest", routes, lambda _: NOT_FOUND, lambda *_: _failed())

    def _guarded(self, handler: Callable[..., Response]) -> Callable[..., Response]:
        def answer(request: Request, token: str, **parameters: str) -> Response:
            if (request.header("Host") or "").lower() not in self.hosts:
                return Response(421, HEADERS, b"")
            if not secrets.compare_digest(token.encode(), self.token.encode()):
                return NOT_FOUND
            try:
                return handler(request, **parameters)
            except OperatorError as error:
                return self._message(404, str(error))

        return answer

    def _list(self, request: Request) -> Response:
        self._desk = reread(self._desk)
        return _page(200, render("list", desk=self._desk, base=self._base))

    def _item(self, request: Request, case: str) -> Response:
        self._desk = reread(self._desk)
        saved = request.query.get("eintrag", "")
        return self._form(200, self._desk.entry(case), saved=saved if saved.isdigit() else "")

    def _post(self, request: Request, case: str) -> Response:
        if not _same_origin(request):
            return self._message(403, "Das Formular kam von einer anderen Seite.")
        try:
            form = read_form(request)
        except FormProblem as problem:
            return self._message(problem.status, problem.text)
        self._desk = reread(self._desk)
        entry = self._desk.entry(case)
        if self._nonces.get(form.fields["nonce"]) != case:
            return self._message(
                409, "Dieses Formular wurde schon abgeschickt. Es wurde nichts noch einmal notiert."
            )
        try:
            statement = form.statement(case)
            record = self._desk.state(statement, form.uploads, self._key, self._clock.now())
        except PruefstandError as error:
            return self._form(422, entry, form=form, problem=str(error))
        del self._nonces[form.fields["nonce"]]
        self._last = {name: form.fields[name] for name in self._last}
        address = f"{self._base}{case}?eintrag={record.number:04d}"
        return Response(303, (*HEADERS, ("Location", address)), b"")

    def _form(
        self,
        status: int,
        entry: Entry,
        *,
        form: Form | None = None,
        problem: str = "",
        saved: str = "",
    ) -> Response:
        text = render(
            "item",
            desk=self._desk,
            base=self._base,
            entry=entry,
            values=form.fields if form else self._last,
            problem=problem,
            saved=saved,
            nonce=self._nonce(entry.item.case),
        )
        return _page(status, text)

    def _message(self, status: int, text: str) -> Response:
        return _page(status, render("message", base=self._base, text=text))

    def _nonce(self, case: str) -> str:
        nonce = secrets.token_urlsafe(16)
        self._nonces[nonce] = case
        while len(self._nonces) > MAX_NONCES:
            self._nonces.popitem(last=False)
        return nonce

    @property
    def _base(self) -> str:
        return f"/{self.token}/"


NOT_FOUND = Response(404, HEADERS, b"Nicht gefunden.")


def _failed() -> Response:
    return Response(500, HEADERS, "Fehler im Prüfstand. Es wurde nichts notiert.".encode())


def _page(status: int, text: str) -> Response:
    return Response(status, HEADERS, text.encode("utf-8", "replace"))


def _same_origin(request: Request) -> bool:
    """Say whether a browser sent the form from this page; other clients name no origin."""
    origin, site = request.header("Origin"), request.header("Sec-Fetch-Site")
    own = f"http://{(request.header('Host') or '').lower()}"
    return origin in (None, own) and site in (None, "same-origin", "none")


def serve_desk(desk: Desk, key: OperatorKey, clock: Clock, *, port: int = 0) -> tuple[Server, str]:
    """Serve the page on a loopback port; return the server and the address to open."""
    page = AttestationPage(desk, key, clock)
    server = serve(page.app(), tls=None, listener=free_socket(port))
    page.hosts = frozenset(f"{name}:{server.port}" for name in ("localhost", "127.0.0.1"))
    return server, f"{server.base_url}/{page.token}/"
