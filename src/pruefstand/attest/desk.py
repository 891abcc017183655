"""The desk: all manual items of a campaign with where they stand, and the way to state one."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path, PurePath

from pruefstand.config.profile import Profile, load_profile
from pruefstand.errors import ConfigurationError, OperatorError
from pruefstand.evidence.attestation import (
    Attachment,
    Attestation,
    Binding,
    Outcome,
    Statement,
    checked,
)
from pruefstand.evidence.campaign import ATTESTATIONS, Campaign, CampaignInfo, refreshed
from pruefstand.evidence.inputs import folder_hash
from pruefstand.evidence.operator_key import OperatorKey
from pruefstand.evidence.register import append
from pruefstand.evidence.standing import Rules, Standing, standing
from pruefstand.model.verdict import Verdict
from pruefstand.requirements.catalogue import load_catalogue
from pruefstand.requirements.manual_items import ManualItem, manual_items
from pruefstand.requirements.scenarios import read_scenarios

MAX_FILE = 10 * 1024 * 1024
"""Bytes of one attached file."""
MAX_NAME = 120
_TRICKS = ("/", "\\", "\x00", "..")


@dataclass(frozen=True, slots=True)
class Entry:
    """One item on the desk; `excluded` says why it does not apply."""

    item: ManualItem
    standing: Standing
    excluded: str = ""

    @property
    def verdict(self) -> Verdict:
        """The verdict of the case today."""
        return Verdict.NOT_APPLICABLE if self.excluded else self.standing.verdict

    @property
    def reason(self) -> str:
        """Why it stands where it stands."""
        return self.excluded or self.standing.reason


@dataclass(frozen=True, slots=True)
class Upload:
    """A file to attach, as it came."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Desk:
    """A campaign with its profile and items; it is read anew after each statement."""

    campaign: Campaign
    profile: Profile
    items: tuple[ManualItem, ...]
    day: date
    catalogue: str

    @property
    def rules(self) -> Rules:
        """What an attestation must meet today."""
        second = self.profile.evidence.require_second_person
        return Rules(self.campaign.info.sut, self.day, second)

    @property
    def entries(self) -> tuple[Entry, ...]:
        """All items in the order of their test case ids."""
        return tuple(
            Entry(item, self._standing(item), self.profile.not_applicable(item.tags, item.area))
            for item in self.items
        )

    @property
    def standings(self) -> Mapping[str, Standing]:
        """Where every item that applies stands, by its test case id."""
        return {e.item.case: e.standing for e in self.entries if not e.excluded}

    def entry(self, case: str) -> Entry:
        """Return the item with the test case id `case`; raises OperatorError when it is no item."""
        found = [entry for entry in self.entries if entry.item.case == case]
        if not found:
            raise OperatorError(
                f"{case[:40]!r} ist kein Punkt, den eine Person bestätigt",
                hint="pruefstand attest --campaign … zeigt alle",
            )
        return found[0]

    def _standing(self, item: ManualItem) -> Standing:
        return standing(
            self.campaign.register, item.case, item.text, self.rules, self.campaign.blobs
        )

    def state(
        self, statement: Statement, uploads: Sequence[Upload], key: OperatorKey, now: datetime
    ) -> Attestation:
        """Write `statement` about one of the items, signed; raises OperatorError when it may not.

        `text` and `item` are filled in from the item as it reads today.
        """
        entry = self.entry(statement.case)
        self._check(entry, statement, key)
        bound = checked(
            replace(statement, item=entry.item.item.id, text=entry.item.text, attachments=())
        )
        attachments = tuple(self._attach(upload) for upload in uploads)
        binding = Binding(self.campaign.info.id, self.campaign.info.sut, self.catalogue)
        folder = self.campaign.folder / ATTESTATIONS
        return append(folder, replace(bound, attachments=attachments), binding, key, now)

    def _check(self, entry: Entry, statement: Statement, key: OperatorKey) -> None:
        case, withdrawn = entry.item.case, statement.outcome is Outcome.WITHDRAWN
        if key.fingerprint != self.campaign.info.operator:
            raise OperatorError(
                f"{case}: die Kampagne ist mit einem anderen Schlüssel angelegt",
                hint="den Schlüssel des Betreibers benutzen, der sie angelegt hat",
            )
        if entry.excluded:
            raise OperatorError(f"{case} ist nicht anwendbar: {entry.excluded}")
        last = entry.standing.attestation
        if withdrawn and (last is None or last.statement.outcome is Outcome.WITHDRAWN):
            raise OperatorError(f"{case}: es gibt nichts zurückzuziehen")
        if self.rules.second_person and statement.second is None and not withdrawn:
            raise OperatorError(
                f"{case}: das Profil verlangt eine zweite Person", hint="zweite Person angeben"
            )
        if statement.valid_until is not None and statement.valid_until < self.day:
            raise OperatorError(
                f"{case}: gültig bis {statement.valid_until:%d.%m.%Y} liegt in der Vergangenheit"
            )

    def _attach(self, upload: Upload) -> Attachment:
        name = file_name(upload)
        try:
            digest = self.campaign.blobs.write(upload.content)
        except OSError as error:
            raise OperatorError(
                f"{self.campaign.folder}: nicht schreibbar ({error.strerror})",
                hint="Speicherplatz und Rechte prüfen",
            ) from error
        assert digest == hashlib.sha256(upload.content).hexdigest()
        return Attachment(name, digest, len(upload.content))


def file_name(upload: Upload) -> str:
    """Return the plain name of `upload`; raises OperatorError on a path, no name, no content."""
    name = upload.name.strip()
    if not name or len(name) > MAX_NAME or any(trick in name for trick in _TRICKS):
        raise OperatorError(
            f"Dateiname {name[:60]!r}: erwartet ein einfacher Name, höchstens {MAX_NAME} Zeichen",
            hint="die Datei umbenennen",
        )
    if not name.isprintable():
        raise OperatorError(f"Dateiname {name[:60]!r}: unsichtbare Zeichen", hint="umbenennen")
    if not 0 < len(upload.content) <= MAX_FILE:
        raise OperatorError(
            f"{name}: {len(upload.content)} Bytes, erlaubt sind 1 bis {MAX_FILE}",
            hint="kleinere Datei wählen, zum Beispiel nur die nötigen Seiten",
        )
    return name


def read_upload(path: Path) -> Upload:
    """Read a file to attach; raises OperatorError when it is unreadable or too large."""
    try:
        if path.stat().st_size > MAX_FILE:
            raise OperatorError(
                f"{path}: größer als {MAX_FILE} Bytes", hint="kleinere Datei wählen"
            )
        return Upload(PurePath(path).name, path.read_bytes())
    except OSError as error:
        raise OperatorError(
            f"{path}: nicht lesbar ({error.strerror})", hint="Pfad prüfen"
        ) from error


def open_desk(root: Path, campaign: Campaign, day: date) -> Desk:
    """Return the desk of `campaign` in the project `root`; raises ConfigurationError.

    The profile must still name the system under test for which the campaign was made.
    """
    profile = campaign_profile(root, campaign.info)
    items = manual_items(load_catalogue(root / "catalogue"), read_scenarios(root / "features"))
    return Desk(campaign, profile, tuple(items), day, folder_hash(root / "catalogue"))


def campaign_profile(root: Path, info: CampaignInfo) -> Profile:
    """Return the profile of the campaign; raises ConfigurationError when it names another SUT."""
    profile = load_profile(info.profile, root / "profiles")
    if dict(profile.sut_identity) != dict(info.sut):
        raise ConfigurationError(
            f"Profil {info.profile!r} nennt {_named(profile.sut_identity)}, "
            f"die Kampagne gilt für {_named(info.sut)}",
            hint="für einen neuen Stand eine neue Kampagne anlegen",
        )
    return profile


def _named(sut: Mapping[str, str]) -> str:
    return f"{sut.get('name', '')} {sut.get('version', '')}".strip()


def reread(desk: Desk) -> Desk:
    """Return the desk with the register as it lies on the disk now."""
    return replace(desk, campaign=refreshed(desk.campaign))
