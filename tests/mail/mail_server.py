"""A Dovecot of this test run's own: IMAP over TLS on loopback, one Maildir a user, its certificate signed by nobody else."""

from __future__ import annotations

import getpass
import grp
import os
import pwd
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from collab_xl.verbs.times import clock

USER, PASSWORD = "pmo@example.com", "right-secret"
PROGRAM = shutil.which("dovecot") or shutil.which("dovecot", path="/usr/sbin")

_CONF = """
protocols = imap
listen = 127.0.0.1
base_dir = {run}
state_dir = {run}
log_path = {folder}/log
default_internal_user = {internal}
default_login_user = {internal}
default_internal_group = {group}
disable_plaintext_auth = no
ssl = required
ssl_cert = <{folder}/cert.pem
ssl_key = <{folder}/key.pem
mail_location = maildir:{folder}/boxes/%u:INDEX=MEMORY
first_valid_uid = 1
auth_mechanisms = plain login xoauth2 oauthbearer
auth_failure_delay = 0
passdb {{
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {folder}/oauth2.conf
}}
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/boxes/%u
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = 0
  }}
  inet_listener imaps {{
    port = {port}
  }}
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
namespace inbox {{
  inbox = yes
  separator = /
}}
"""


@dataclass
class MailServer:
    folder: Path
    port: int
    whose_port: int = 0
    """Where it asks whose an OAuth2 token is."""

    @property
    def box(self) -> Path:
        return self.folder / "boxes" / USER

    @property
    def certificate(self) -> Path:
        return self.folder / "cert.pem"

    def deliver(self, *mails: bytes, folder: str = "INBOX") -> None:
        """Append mails as another program would."""
        from imapclient import IMAPClient

        with IMAPClient("localhost", self.port, ssl_context=self.trusting()) as client:
            client.login(USER, PASSWORD)
            if folder != "INBOX" and not client.folder_exists(folder):
                client.create_folder(folder)
            for mail in mails:
                client.append(folder, mail, msg_time=clock.now())  # the server's own clock is never moved

    def flags(self) -> dict[int, tuple[bytes, ...]]:
        from imapclient import IMAPClient

        with IMAPClient("localhost", self.port, ssl_context=self.trusting()) as client:
            client.login(USER, PASSWORD)
            client.select_folder("INBOX", readonly=True)
            return dict(client.get_flags(client.search()))

    def empty(self) -> None:
        """As a new mailbox: its UIDVALIDITY is another."""
        shutil.rmtree(self.box, ignore_errors=True)

    def trusting(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.certificate))


@contextmanager
def dovecot(folder: Path) -> Iterator[MailServer]:
    """Start it, wait until it answers, stop it."""
    assert PROGRAM is not None
    internal = "nobody" if os.geteuid() == 0 else getpass.getuser()
    who = pwd.getpwnam(internal)
    port, whose = _free_port(), _free_port()
    for name in ("run", "boxes"):
        (folder / name).mkdir()
    _certificate(folder)
    conf = folder / "dovecot.conf"
    (folder / "oauth2.conf").write_text(
        f"tokeninfo_url = http://127.0.0.1:{whose}/whose?access_token=\nintrospection_mode = auth\n"
        f"introspection_url = http://127.0.0.1:{whose}/whose\nusername_attribute = email\nactive_attribute = active\nactive_value = true\n",
        encoding="utf-8",
    )
    facts = {"uid": who.pw_uid, "gid": who.pw_gid, "group": grp.getgrgid(who.pw_gid).gr_name, "password": PASSWORD, "port": port}
    conf.write_text(_CONF.format(folder=folder, run=folder / "run", internal=internal, **facts), encoding="utf-8")
    if os.geteuid() == 0:
        os.chown(folder / "boxes", who.pw_uid, who.pw_gid)
        for parent in (folder, *folder.parents):
            if parent.stat().st_mode & 0o005 != 0o005 and str(parent).startswith("/tmp"):
                parent.chmod(parent.stat().st_mode | 0o055)
    # Under a moved clock (tools/other_days.py) a login of Dovecot waits now and then for three minutes: it gets the system's own.
    env = {name: value for name, value in os.environ.items() if name != "LD_PRELOAD" and not name.startswith("FAKETIME")}
    server = subprocess.Popen([PROGRAM, "-F", "-c", str(conf)], env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        _wait(server, port, folder)
        yield MailServer(folder, port, whose)
    finally:
        server.terminate()
        server.wait(20)


def _certificate(folder: Path) -> None:
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "3650", "-subj", "/CN=localhost"]
    made += ["-addext", "subjectAltName=DNS:localhost", "-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")]
    subprocess.run(made, check=True, capture_output=True)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _wait(server: subprocess.Popen[bytes], port: int, folder: Path) -> None:
    end = time.monotonic() + 30
    while time.monotonic() < end:
        if server.poll() is not None:
            raise RuntimeError(f"dovecot ended: {(server.stderr.read() if server.stderr else b'').decode(errors='replace')}")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise RuntimeError(f"dovecot does not answer: {(folder / 'log').read_text(errors='replace')}")
