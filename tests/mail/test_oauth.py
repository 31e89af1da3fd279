"""OAuth2: a person signs in once, tokens are renewed, each refusal is said in words; no token is where it can be read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest
from e2e.small_project import DAY, Project
from keyring.backend import KeyringBackend
from keyring.errors import NoKeyringError
from mail_server import USER, MailServer
from oauth_server import CLIENT, OAuthServer, oauth_server
from smtp_server import smtp_server
from test_mailbox import BOTH, LIAISONS, collect, mailed, outside, reply, states, with_mailbox

from collab_xl import verbs
from collab_xl.catalogue import LANGS, error_text, text
from collab_xl.errors import REFUSED, CollabError
from collab_xl.mail.account import Account, SmtpServer
from collab_xl.mail.oauth import token_of, xoauth2
from collab_xl.mail.smtp import Smtp
from collab_xl.model.record import replace
from collab_xl.verbs.report import Report


class Memory(KeyringBackend):
    """A store as that of a desktop, for one test."""

    priority = -2  # type: ignore[assignment]

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password


class Locked(KeyringBackend):
    priority = -2  # type: ignore[assignment]

    def get_password(self, service: str, username: str) -> str | None:
        raise NoKeyringError

    def set_password(self, service: str, username: str, password: str) -> None:
        raise NoKeyringError


@pytest.fixture
def store() -> Iterator[Memory]:
    before, memory = keyring.get_keyring(), Memory()
    keyring.set_keyring(memory)
    yield memory
    keyring.set_keyring(before)


@pytest.fixture
def service(mail_server: MailServer, store: Memory, monkeypatch: pytest.MonkeyPatch) -> Iterator[OAuthServer]:
    for name in ("COLLAB_XL_MAIL_PASSWORD", "COLLAB_XL_MAIL_SERVER"):
        monkeypatch.delenv(name)
    with oauth_server(USER, mail_server.certificate, mail_server.whose_port) as server:
        yield server


@pytest.fixture
def project(request: pytest.FixtureRequest, tmp_path: Path, mail_server: MailServer, service: OAuthServer) -> Project:
    out = with_mailbox(Project.again(tmp_path / "p", getattr(request, "param", "zh")), mail_server.port)
    out.set("mail_client", CLIENT)
    out.set("mail_tenant", service.authority)
    return out


def sign_in(project: Project, service: OAuthServer, mail_server: MailServer) -> tuple[Report, list[str]]:
    asked: list[str] = []

    def person(question: str, page: str, code: str) -> None:
        asked.append(question)
        assert page in question
        service.approved.add(code)

    report = verbs.mailbox_set(
        project.master,
        USER,
        server=f"localhost:{mail_server.port}",
        client=CLIENT,
        tenant=service.authority,
        sign_in=person,
        as_of=DAY,
        lang=project.lang,
    )
    return report, asked


def nowhere(project: Project, *texts: str) -> None:
    """No token is in the project's folder or in what is said."""
    for path in project.folder.rglob("*"):
        if path.is_file():
            assert b"-secret" not in path.read_bytes(), path
    assert not any("-secret" in said for said in texts)


@BOTH
def test_a_person_signs_in_once_and_collect_goes_on_by_itself(
    project: Project, service: OAuthServer, mail_server: MailServer, store: Memory
) -> None:
    report, asked = sign_in(project, service, mail_server)
    assert report.json["opens"] is True
    assert text("mail.say.signed_in", project.lang) in report.lines
    assert all(part in asked[0] for part in ("https://microsoft.com/devicelogin", "ABCD-EFGH", USER))
    assert len(store.kept) == 1
    mail_server.deliver(mailed(LIAISONS["市场部"], outside(project, reply(project, "市场部", "缺人", "市场部"))))
    got = collect(project)
    assert states(got) == {"accepted": 1}
    assert len(service.given) == 1  # the access token is still good
    nowhere(project, *report.lines, *got.lines, *asked)


def test_an_expired_access_token_is_renewed(project: Project, service: OAuthServer, mail_server: MailServer) -> None:
    service.lives_seconds = 1
    sign_in(project, service, mail_server)
    assert verbs.mailbox_test(project.master, as_of=DAY, lang="zh").json["opens"] is True
    assert service.asked.count("refresh_token") >= 1
    service.refresh.clear()
    assert refusal(project) == "mail_oauth_again"


def refusal(project: Project) -> str:
    """The code that `mailbox test` refuses with; `collect` says the same and takes the folder all the same."""
    reply(project, "市场部", "缺人", "市场部")
    report = collect(project)
    assert states(report) in ({"accepted": 1}, {"duplicate": 1})
    assert report.exit_code == REFUSED
    with pytest.raises(CollabError) as error:
        verbs.mailbox_test(project.master, as_of=DAY, lang=project.lang)
    said = "\n".join(report.lines)
    assert all(part in said for part in error_text(error.value, project.lang)), said
    nowhere(project, said, str(error.value))
    return error.value.code


@BOTH
def test_doctor_says_whether_somebody_signed_in(project: Project, service: OAuthServer, mail_server: MailServer) -> None:
    def said() -> tuple[str, str]:
        report = verbs.doctor(project.master, as_of=DAY, lang=project.lang, fallback="zh")
        (line,) = (item for item in report.json["items"] if item["topic"] == "mailbox")
        return str(line["state"]), str(line["what"])

    health, what = said()
    assert health != "ok"
    assert USER in what
    sign_in(project, service, mail_server)
    health, what = said()
    assert health == "ok"
    assert "OAuth2" in what
    project.set("mail_client", None)
    project.set("mail_server", "microsoft365")
    assert said()[0] != "ok"


@BOTH
def test_nobody_has_signed_in(project: Project, service: OAuthServer) -> None:
    assert refusal(project) == "mail_oauth_none"


def test_microsoft_without_an_application(project: Project) -> None:
    for name, value in (("mail_client", None), ("mail_tenant", None), ("mail_server", "microsoft365")):
        project.set(name, value)
    assert refusal(project) == "mail_oauth_no_client"


@BOTH
def test_a_token_that_the_mail_server_refuses(project: Project, service: OAuthServer, mail_server: MailServer) -> None:
    sign_in(project, service, mail_server)
    service.given.clear()
    assert refusal(project) == "mail_login_oauth2"


ANSWERS = [
    ("authorization_declined", "AADSTS70018", "mail_oauth_declined"),
    ("expired_token", "AADSTS70020: The code has expired", "mail_oauth_expired"),
    ("invalid_client", "AADSTS7000218: The request body must contain client_assertion or client_secret", "mail_oauth_client"),
    ("invalid_grant", "AADSTS65001: The user or administrator has not consented", "mail_oauth_consent"),
    ("invalid_grant", "AADSTS53003: Access has been blocked by Conditional Access policies", "mail_oauth_blocked"),
    ("invalid_grant", "AADSTS50020: User account does not exist in tenant", "mail_oauth_tenant"),
    ("invalid_grant", "AADSTS50173: The provided grant has expired", "mail_oauth_again"),
    ("server_error", "AADSTS90033: A transient error has occurred", "mail_oauth_refused"),
]


@pytest.mark.parametrize(("error", "description", "code"), ANSWERS, ids=[code for _, _, code in ANSWERS])
def test_each_refusal_of_the_service_in_words(
    error: str, description: str, code: str, project: Project, service: OAuthServer, mail_server: MailServer, store: Memory
) -> None:
    service.answer = (error, description)
    with pytest.raises(CollabError) as raised:
        sign_in(project, service, mail_server)
    assert raised.value.code == code
    assert store.kept == {}
    for lang in LANGS:
        what, why, fix = error_text(raised.value, lang)
        assert all((what, why, fix))
        assert "{" not in what + why + fix


def test_a_wrong_application_and_a_wrong_tenant(project: Project, service: OAuthServer, mail_server: MailServer) -> None:
    account = Account(USER, USER, "localhost", mail_server.port, client_id="other", tenant=service.authority)
    for changed, code in (
        (account, "mail_oauth_none"),
        (replace(account, tenant=service.authority + "-other"), "mail_oauth_tenant"),
        (replace(account, tenant="no-address"), "mail_oauth_tenant"),
        (replace(account, tenant="https://localhost:1/x"), "mail_oauth_unreachable"),
    ):
        with pytest.raises(CollabError) as error:
            token_of(changed, "zh")
        assert error.value.code == code


def test_a_service_whose_certificate_nobody_knows(project: Project, service: OAuthServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    assert refusal(project) == "mail_oauth_unreachable"


@BOTH
def test_without_a_store_the_environment_only(
    project: Project, mail_server: MailServer, service: OAuthServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = keyring.get_keyring()
    keyring.set_keyring(Locked())
    try:
        with pytest.raises(CollabError) as error:
            sign_in(project, service, mail_server)
        assert error.value.code == "mail_oauth_no_store"
        assert not service.asked
        other = project.copy(project.folder.with_name("q"))
        assert refusal(project) == "mail_oauth_no_store"
        monkeypatch.setenv("COLLAB_XL_MAIL_TOKEN", "first-refresh-secret")
        monkeypatch.setenv("COLLAB_XL_MAIL_SERVER", "outlook.office365.com")
        assert refusal(other) == "mail_oauth_no_store"  # the token is for another server
        monkeypatch.setenv("COLLAB_XL_MAIL_SERVER", "localhost")
        assert verbs.mailbox_test(project.master, as_of=DAY, lang=project.lang).json["opens"] is True
        monkeypatch.setenv("COLLAB_XL_MAIL_TOKEN", "wrong-secret")
        with pytest.raises(CollabError) as error:
            verbs.mailbox_test(project.master, as_of=DAY, lang=project.lang)
        assert error.value.code == "mail_oauth_again"
    finally:
        keyring.set_keyring(before)


def test_what_a_mail_server_is_told() -> None:
    assert xoauth2("a@b.cn", "T") == "user=a@b.cn\x01auth=Bearer T\x01\x01"


def test_sending_signs_in_with_the_same_token(project: Project, service: OAuthServer, mail_server: MailServer) -> None:
    sign_in(project, service, mail_server)
    account = Account(USER, USER, "localhost", mail_server.port, client_id=CLIENT, tenant=service.authority)
    mail = b"From: pmo@example.com\r\nTo: li@example.com\r\nMessage-ID: <1@example.com>\r\n\r\nW47\r\n"
    with smtp_server(mail_server.certificate, mail_server.folder / "key.pem") as keeper:
        at = SmtpServer("localhost", keeper.port, same_password=True)
        for lang in LANGS:
            with pytest.raises(CollabError) as error:
                Smtp.open(account, at, lang)
            assert error.value.code == "smtp_login_oauth2"
            assert "secret" not in "".join(error_text(error.value, lang))
        keeper.tokens += service.given
        with Smtp.open(account, at, "zh") as smtp:
            assert smtp.send(USER, ["li@example.com"], mail) == {}
        assert keeper.ids() == ["<1@example.com>"]
        service.given.append("other")
        with pytest.raises(CollabError) as error:  # another server gets no token, and has no password
            Smtp.open(account, SmtpServer("127.0.0.1", keeper.port), "zh")
        assert error.value.code == "mail_no_password"
