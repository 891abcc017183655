"""What a run was made from: hashes of the profile, the features and the catalogue."""

from __future__ import annotations

import hashlib
import tomllib
from pathlib import Path

from pruefstand.errors import OperatorError

FOLDERS = ("features", "catalogue")


def input_hashes(root: Path, profile: str) -> dict[str, str]:
    """Return SHA-256 in hex by name: `profile`, and `features` and `catalogue` where present."""
    try:
        hashes = {"profile": profile_hash(profile, root / "profiles")}
        folders = [root / name for name in FOLDERS if (root / name).is_dir()]
        return hashes | {folder.name: folder_hash(folder) for folder in folders}
    except (OSError, ValueError) as error:
        raise OperatorError(
            f"{root}: Profil, Features oder Katalog nicht lesbar ({error})",
            hint="Dateien während des Laufs nicht verändern",
        ) from error


def profile_hash(name: str, folder: Path) -> str:
    """Return the SHA-256 of the profile's file followed by those it extends."""
    digest = hashlib.sha256()
    following: str | None = name
    while following is not None:
        path = Path(following) if following.endswith(".toml") else folder / f"{following}.toml"
        content = path.read_bytes()
        digest.update(content)
        following = tomllib.loads(content.decode()).get("extends")
    return digest.hexdigest()


def folder_hash(folder: Path) -> str:
    """Return the SHA-256 of what `sha256sum` prints for all files, sorted by their octets."""
    names = (f"./{path.relative_to(folder).as_posix()}" for path in folder.rglob("*"))
    files = sorted((name for name in names if (folder / name).is_file()), key=str.encode)
    digest = hashlib.sha256()
    for name in files:
        content = hashlib.sha256((folder / name).read_bytes()).hexdigest()
        digest.update(f"{content}  {name}\n".encode())
    return digest.hexdigest()
