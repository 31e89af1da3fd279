"""Every mail of the corpus, as files on disk, through gathering and the gates, against the result beside it."""

from __future__ import annotations

import json
import mailbox
from datetime import datetime
from pathlib import Path

import pytest
from mail_corpus import HERE, KNOWN, corpus, expected_text

from collab_xl.catalogue import LANGS, code_key, text
from collab_xl.intake.gates import gates
from collab_xl.intake.inbox import gather
from collab_xl.intake.opening import SAID_CODES
from collab_xl.model.record import replace
from collab_xl.model.submission_log import Received, State

MAILS = sorted(HERE.glob("*.eml"))


def collected(paths: list[Path], seen: frozenset[str] = frozenset()) -> list[Received]:
    return [received for _, received in gates(gather(paths), replace(KNOWN, seen=seen))]


def said(received: Received, keys: list[str]) -> dict[str, str]:
    """The result as the expectation writes it: only the keys it names."""
    facts = {**dict(received.facts), **{k: getattr(received, k) for k in ("source", "code", "department", "pack", "sender", "file")}}
    facts["state"] = received.state.value
    facts["sent_at"] = received.sent_at.isoformat() if received.sent_at else ""
    return {key: facts.get(key, "(missing)") for key in keys}


def local(entry: dict[str, str]) -> dict[str, str]:
    """The moments of an expectation in the local time of this machine, as we keep them."""
    out = dict(entry)
    if out.get("sent_at"):
        out["sent_at"] = datetime.fromisoformat(out["sent_at"]).astimezone().replace(tzinfo=None).isoformat()
    return out


def test_the_corpus_is_there() -> None:
    assert len(MAILS) > 20
    assert {p.stem for p in MAILS} == set(corpus())


@pytest.mark.parametrize("path", MAILS, ids=lambda p: p.stem)
def test_the_committed_mail_is_what_its_source_builds(path: Path) -> None:
    data, expected = corpus()[path.stem]
    assert path.read_bytes() == data
    assert path.with_suffix(".json").read_text(encoding="utf-8") == expected_text(expected)


@pytest.mark.parametrize("path", MAILS, ids=lambda p: p.stem)
def test_each_mail_gives_what_stands_beside_it(path: Path) -> None:
    expected = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    paths = [path] if path.stem != "10_resent" else [HERE / "01_plain.eml", path]
    results = collected(paths)[-len(expected) :] if path.stem == "10_resent" else collected(paths)
    assert [said(r, list(e)) for r, e in zip(results, expected, strict=True)] == [local(e) for e in expected]


def test_the_whole_folder_at_once(tmp_path: Path) -> None:
    results = [r for r in collected([HERE]) if r.source.split(" » ")[0].endswith(".eml")]
    expected = [entry for path in MAILS for entry in json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))]
    assert [(r.source, r.state.value, r.code) for r in results] == [(e["source"], e["state"], e["code"]) for e in expected]


def test_the_same_folder_again_brings_nothing_new() -> None:
    first = collected([HERE])
    again = collected([HERE], frozenset(r.sha256 for r in first if r.state is State.ACCEPTED))
    assert sum(r.state is State.ACCEPTED for r in first) > 10
    assert [r for r in again if r.state is State.ACCEPTED] == []
    assert {r.code for r in again if r.state is State.DUPLICATE} == {"S410"}


def test_a_mailbox_file_is_its_mails(tmp_path: Path) -> None:
    box = mailbox.mbox(tmp_path / "收件.mbox")
    for path in MAILS:
        box.add(path.read_bytes())
    box.flush()
    box.close()
    singly, together = collected(MAILS), collected([tmp_path / "收件.mbox"])
    whole = {"S421", *SAID_CODES.values(), "S446"}  # the mail itself, which the mailbox file ends with a line more
    assert [(r.state, r.code, "" if r.code in whole else r.sha256) for r in together] == [
        (r.state, r.code, "" if r.code in whole else r.sha256) for r in singly
    ]
    assert together[0].source == "收件.mbox #1 » pack.xlsx"


@pytest.mark.parametrize("lang", LANGS)
def test_every_reason_of_the_corpus_reads_as_a_sentence(lang: str) -> None:
    seen = 0
    for received in collected([HERE]):
        if received.code:
            for part in ("what", "why", "fix"):
                words = text(code_key(received.code, part), lang, **dict(received.facts))
                assert "{" not in words, (received.source, words)
                seen += 1
    assert seen > 30
