"""Google's OAuth2: the browser, a redirect to this computer, PKCE; the same mail servers as for Microsoft; no secret can be read."""

from __future__ import annotations

import threading
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import pytest
from e2e.small_project import DAY, Project
from mail_server import USER, MailServer
from oauth_server import CLIENT, SECRET, OAuthServer
from smtp_server import smtp_server
from test_mailbox import BOTH, LIAISONS, collect, mailed, outside, reply, states, with_mailbox
from test_oauth import Memory, nowhere, refusal, service, store

from collab_xl import verbs
from collab_xl.catalogue import LANGS, error_text, text
from collab_xl.errors import CollabError
from collab_xl.mail import google_oauth
from collab_xl.mail.account import Account, SmtpServer
from collab_xl.mail.smtp import Smtp
from collab_xl.verbs.report import Report

__all__ = ["service", "store"]


@pytest.fixture
def project(request: pytest.FixtureRequest, tmp_path: Path, mail_server: MailServer, service: OAuthServer) -> Project:
    out = with_mailbox(Project.again(tmp_path / "p", getattr(request, "param", "zh")), mail_server.port)
    out.set("mail_client", CLIENT)
    out.set("mail_tenant", f"google {service.google}")
    return out


class Browser:
    """A person's browser: opens the page, is sent back, and sees what is there. `first`: what reaches the port before it."""

    def __init__(self, first: str = "") -> None:
        self.first, self.pages, self.seen = first, list[str](), list[tuple[int, str]]()

    def open(self, page: str) -> bool:
        self.pages.append(page)
        threading.Thread(target=self._go, args=(page,), daemon=True).start()
        return True

    def _go(self, page: str) -> None:
        asked = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(page).query))
        for each in (f"{asked['redirect_uri']}{self.first}" if self.first else "", page):
            if each:
                try:
                    with urllib.request.urlopen(each, timeout=10) as answer:
                        self.seen.append((answer.status, answer.read().decode()))
                except urllib.error.HTTPError as error:
                    self.seen.append((error.code, error.read().decode()))


def sign_in(
    project: Project, service: OAuthServer, server: MailServer, monkeypatch: pytest.MonkeyPatch, browser: Browser, secret: str = SECRET
) -> tuple[Report, list[str]]:
    asked: list[str] = []
    monkeypatch.setattr(google_oauth.webbrowser, "open", browser.open)

    def typed(question: str) -> str:
        asked.append(question)
        return secret

    report = verbs.mailbox_set(
        project.master, USER, server=f"localhost:{server.port}", client=CLIENT, tenant=f"google {service.google}", secret=typed,
        sign_in=lambda question, page, code: asked.append(question), as_of=DAY, lang=project.lang,
    )  # fmt: skip
    return report, asked


@BOTH
def test_a_person_signs_in_with_the_browser_and_collect_goes_on_by_itself(
    project: Project, service: OAuthServer, mail_server: MailServer, store: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What another page or program sends to the port does not count: it does not know our `state`."""
    browser = Browser(first="?code=stolen&state=guessed")
    report, asked = sign_in(project, service, mail_server, monkeypatch, browser)
    assert report.json["opens"] is True
    assert text("mail.say.signed_in", project.lang) in report.lines
    assert CLIENT in asked[0]
    assert browser.pages[0] in asked[1]
    assert USER in asked[1]
    assert [code for code, _ in browser.seen] == [400, 200]
    assert text("mail.say.browser_done", project.lang) in browser.seen[1][1]
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(browser.pages[0]).query))["redirect_uri"], timeout=2)
    assert len(store.kept) == 1
    mail_server.deliver(mailed(LIAISONS["市场部"], outside(project, reply(project, "市场部", "缺人", "市场部"))))
    got = collect(project)
    assert states(got) == {"accepted": 1}
    assert service.asked == ["authorization_code"], "the access token is still good"
    nowhere(project, *report.lines, *got.lines, *asked)
    assert SECRET not in "".join([*report.lines, *asked, *browser.pages])


def test_an_expired_token_is_renewed_and_the_secret_is_asked_for_once(
    project: Project, service: OAuthServer, mail_server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert refusal(project) == "mail_oauth_none"
    service.lives_seconds = 1
    sign_in(project, service, mail_server, monkeypatch, Browser())
    assert verbs.mailbox_test(project.master, as_of=DAY, lang="zh").json["opens"] is True
    assert service.asked.count("refresh_token") >= 1
    again, _ = sign_in(project, service, mail_server, monkeypatch, Browser(), secret="")
    assert again.json["opens"] is True, "blank: the secret that is kept"
    service.refresh.clear()
    assert refusal(project) == "mail_oauth_again"


def test_each_refusal_in_words(
    project: Project, service: OAuthServer, mail_server: MailServer, store: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    def code(secret: str = SECRET) -> str:
        with pytest.raises(CollabError) as raised:
            sign_in(project, service, mail_server, monkeypatch, Browser(), secret)
        for lang in LANGS:
            said = error_text(raised.value, lang)
            assert all(said)
            assert "{" not in "".join(said)
            assert "secret-" not in "".join(said)
        assert store.kept == {}
        return raised.value.code

    assert code("") == "mail_google_no_secret"
    assert code("wrong") == "mail_google_client"
    service.declined = "access_denied"
    assert code() == "mail_oauth_declined"
    service.declined = "admin_policy_enforced"
    assert code() == "mail_google_blocked"
    service.declined, service.scope = "", "openid"
    assert code() == "mail_oauth_declined", "mail was not ticked on the page"
    service.answer = ("server_error", "")
    assert code() == "mail_oauth_refused"
    monkeypatch.setattr(google_oauth, "SIGN_IN_SECONDS", 0)
    service.scope = "https://mail.google.com/"
    monkeypatch.setattr(Browser, "open", lambda self, page: False)
    assert code() == "mail_google_expired"
    account = Account(USER, USER, "localhost", mail_server.port, client_id=CLIENT, tenant="google https://localhost:1")
    monkeypatch.setenv("COLLAB_XL_MAIL_TOKEN", "first-refresh-secret")
    monkeypatch.setenv("COLLAB_XL_MAIL_SERVER", "localhost")
    with pytest.raises(CollabError) as error:
        google_oauth.token_of(account, "zh")
    assert error.value.code == "mail_google_unreachable"


def test_without_a_store_the_environment_and_sending_with_the_same_token(
    project: Project, service: OAuthServer, mail_server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("TOKEN", "first-refresh-secret"), ("SERVER", "localhost"), ("CLIENT_SECRET", SECRET)):
        monkeypatch.setenv(f"COLLAB_XL_MAIL_{name}", value)
    assert verbs.mailbox_test(project.master, as_of=DAY, lang=project.lang).json["opens"] is True
    account = Account(USER, USER, "localhost", mail_server.port, client_id=CLIENT, tenant=f"google {service.google}")
    mail = b"From: pmo@example.com\r\nTo: li@example.com\r\nMessage-ID: <1@example.com>\r\n\r\nW47\r\n"
    with smtp_server(mail_server.certificate, mail_server.folder / "key.pem") as keeper:
        at = SmtpServer("localhost", keeper.port, same_password=True)
        with pytest.raises(CollabError) as error:
            Smtp.open(account, at, "zh")
        assert error.value.code == "smtp_login_google"
        keeper.tokens += [f"access-secret-{n}" for n in range(10)]
        with Smtp.open(account, at, "zh") as smtp:
            assert smtp.send(USER, ["li@example.com"], mail) == {}


def test_gmail_asks_for_a_password_without_and_for_the_browser_with_an_application() -> None:
    account = Account("pmo@gmail.com", "pmo@gmail.com", "imap.gmail.com")
    assert (account.login, account.at_google) == ("code", True)
    with_client = Account("pmo@gmail.com", "pmo@gmail.com", "imap.gmail.com", client_id=CLIENT)
    assert with_client.login == "oauth2"
    assert not Account("a@firm.cn", "a@firm.cn", "outlook.office365.com", client_id=CLIENT).at_google
