"""Every sample against its truth read by hand: nothing wrong, and what is unread is exactly what has no single meaning."""

from __future__ import annotations

from samples import sample as needed

from benchmarks.samples import ROOT, lines, sample, score, scores, truths

EXPECTED = {  # sample: tables, columns mapped, cells, unread
    "01": (1, 8, 32, 1),
    "02": (1, 9, 68, 2),
    "03": (2, 18, 59, 7),
    "04": (1, 11, 30, 2),
    "05": (5, 10, 56, 0),
    "06": (1, 9, 18, 1),
    "07": (1, 7, 210, 0),
    "08": (7, 33, 609, 0),
}


def test_every_sample_has_a_truth() -> None:
    assert sorted(truths()) == sorted(EXPECTED)


def test_no_cell_is_wrong() -> None:
    assert [wrong for s in scores() for wrong in s.wrong] == []


def test_the_counts_are_those_of_the_truth() -> None:
    seen = 0
    for start, truth in truths().items():
        path = sample(start) or needed(start)
        s = score(path, truth)
        assert (len(s.tables), s.columns, s.cells, s.unread) == EXPECTED[start], start
        assert s.read == s.cells - s.unread
        seen += 1
    assert seen == len(EXPECTED)


def test_a_wrong_truth_is_seen() -> None:
    """The table would show a cell read as something else, a guess, and a column taken for another."""
    path = sample("03")
    assert path is not None
    truth = truths()["03"]
    table = truth["table"][0]
    as_read = list(table["rows"]["5"])
    for field, other in (("start", "2024-01-07"), ("progress", 0.08), ("end", {"unread": "45488", "code": "V204"})):
        table["rows"]["5"] = [other if f == field else v for f, v in zip(table["fields"], as_read, strict=True)]
        assert len(score(path, truth).wrong) == 1
    table["rows"]["5"] = as_read
    table["columns"]["B"] = "remark"
    assert len(score(path, truth).wrong) == 1


def test_the_table_in_the_documents_is_the_one_printed() -> None:
    for start in EXPECTED:
        needed(start)
    page = (ROOT / "docs" / "reading.md").read_text(encoding="utf-8")
    for line in lines(scores()):
        assert line in page, "docs/reading.md: put in what `python -m benchmarks.samples` prints"
