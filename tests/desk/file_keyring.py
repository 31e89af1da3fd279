"""A keyring for the worker of a desk under test: another process can look into it. `KEYRING_FILE` says where."""

from __future__ import annotations

import json
import os
from pathlib import Path

from keyring.backend import KeyringBackend


class FileKeyring(KeyringBackend):
    priority = -2  # type: ignore[assignment]  # below every other: only taken where it is named

    def get_password(self, service: str, username: str) -> str | None:
        return kept().get(f"{service}/{username}")

    def set_password(self, service: str, username: str, password: str) -> None:
        place().write_text(json.dumps({**kept(), f"{service}/{username}": password}), "utf-8")


def place() -> Path:
    return Path(os.environ["KEYRING_FILE"])


def kept() -> dict[str, str]:
    return dict(json.loads(place().read_text("utf-8"))) if place().exists() else {}
