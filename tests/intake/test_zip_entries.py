"""Entries cut out of a zip directly are what zipfile reads, and whatever is unusual is left to zipfile."""

from __future__ import annotations

import io
import random
import zipfile
from pathlib import Path

import pytest
from make_books import master
from samples import samples

from collab_xl.engines.package import Package
from collab_xl.errors import CollabError
from collab_xl.intake import entry
from collab_xl.intake.package import BROKEN


def books(folder: Path) -> list[Path]:
    return [*samples(), *sorted((Path(__file__).parents[2] / "workbook_templates").glob("*.xlsx")), master(folder / "m.xlsx")]


def test_every_part_of_every_workbook_at_hand_is_the_same(tmp_path: Path):
    short = 0
    for path in books(tmp_path):
        data = path.read_bytes()
        package = Package(data, path.name)
        with zipfile.ZipFile(path) as archive:
            for info in archive.infolist():
                expected = archive.read(info)
                assert entry.content(data, archive, info) == expected
                assert package.read(info.filename) == expected
                short += (entry._plain(data, info) is not None) and package._plain(info.filename) is not None
    assert short > 100


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_damaged_entry_is_refused_as_zipfile_refuses_it(method: int):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as archive:
        archive.writestr("xl/a.xml", "<a>" + "x" * 3000 + "</a>")
        archive.writestr("xl/empty.xml", "")
    whole, dice, refused = made.getvalue(), random.Random(3), 0
    for _ in range(400):
        data = bytearray(whole)
        data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
        outcomes = []
        for read in (lambda a, i, d=bytes(data): a.read(i), lambda a, i, d=bytes(data): entry.content(d, a, i)):
            try:
                with zipfile.ZipFile(io.BytesIO(bytes(data))) as archive:
                    outcomes.append([read(archive, info) for info in archive.infolist()])
            except BROKEN as error:
                outcomes.append([type(error)])
        assert outcomes[0] == outcomes[1]
        refused += isinstance(outcomes[0][0], type)
        try:
            package = Package(bytes(data))
            parts: list[object] = [package.read(name) for name in package.entries]
        except CollabError:
            continue
        assert parts == outcomes[0]
    assert refused > 50


def test_never_more_than_the_entry_says():
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.xml", b"0" * 1_000_000)
    data = bytearray(made.getvalue())
    central = data.rfind(b"PK\1\2")
    for at in (22, central + 24):  # the size it unpacks to, in both headers
        data[at : at + 4] = (10).to_bytes(4, "little")
    with zipfile.ZipFile(io.BytesIO(bytes(data))) as archive:
        info = archive.infolist()[0]
        assert entry._plain(bytes(data), info) is None
    assert Package(bytes(data))._plain("a.xml") is None
