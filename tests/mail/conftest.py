"""A mail server for the tests of the mailbox, started when the first of them asks for it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from mail_server import PASSWORD, PROGRAM, USER, MailServer, dovecot

from collab_xl.mail import fetching


@pytest.fixture(scope="session")
def running_server() -> Iterator[MailServer]:
    if PROGRAM is None:
        if os.environ.get("CI"):
            pytest.fail("dovecot is missing")
        pytest.skip("dovecot is missing")
    with tempfile.TemporaryDirectory(prefix="dovecot-") as folder, dovecot(Path(folder)) as server:
        yield server


@pytest.fixture
def mail_server(running_server: MailServer, monkeypatch: pytest.MonkeyPatch) -> MailServer:
    """An empty mailbox, whose password the environment knows. Between two tries the product waits only for a moment."""
    running_server.empty()
    monkeypatch.setattr(fetching, "WAIT_SECONDS", tuple(seconds / 20 for seconds in fetching.WAIT_SECONDS))
    monkeypatch.setenv("SSL_CERT_FILE", str(running_server.certificate))
    monkeypatch.setenv("COLLAB_XL_MAIL_PASSWORD", PASSWORD)
    monkeypatch.setenv("COLLAB_XL_MAIL_SERVER", "localhost")
    assert "@" in USER
    return running_server
