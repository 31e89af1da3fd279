"""A keyring in memory, in place of the system's while it is asked for."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import keyring
from keyring.backend import KeyringBackend


class InMemory(KeyringBackend):
    priority = -2  # type: ignore[assignment]  # below every other: only taken where it is named

    def __init__(self) -> None:
        super().__init__()
        self.entries: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.entries.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.entries[service, username] = password


@contextlib.contextmanager
def in_memory() -> Iterator[dict[tuple[str, str], str]]:
    """(service, user) → password."""
    before, own = keyring.get_keyring(), InMemory()
    keyring.set_keyring(own)
    try:
        yield own.entries
    finally:
        keyring.set_keyring(before)
