"""The VBA project's format, against readers that are not ours: oletools, pyOpenVBA, olefile, and examples from [MS-OVBA]."""

from __future__ import annotations

import io
import random

import olefile
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyopenvba.vba import decompress
from vba_readers import olevba

from collab_xl.addin.cfb import compound_file
from collab_xl.addin.ovba import PROJECT_ID, Module, _hidden, compress, vba_project

NORMAL = b"#aaabcdefaaaaghijaaaaaklaaamnopqaaaaaaaaaaaarstuvwxyzaaa"
EXAMPLES = {
    b"abcdefghijklmnopqrstuv.": "0119B000616263646566676800696A6B6C6D6E6F70007172737475762E",
    NORMAL: "012FB000236161616263646582660070616768696A013808616B6C00306D6E6F700671027004107273747576107778797A003C",
    b"a" * 73: "0103B002614500",
}
"""[MS-OVBA] 3.2: no compression, normal, maximum."""


@pytest.mark.parametrize("plain", EXAMPLES, ids=["none", "normal", "maximum"])
def test_the_examples_of_the_specification(plain: bytes) -> None:
    ours, published = compress(plain), bytes.fromhex(EXAMPLES[plain])
    if plain == NORMAL:  # of two copies alike the specification's steps take the nearest, as we do, its example a farther one
        assert len(ours) == len(published)
        assert bytes(decompress(ours)) == bytes(decompress(published)) == plain
    else:
        assert ours == published


def test_text_is_read_back_by_pyopenvba_at_every_chunk_border() -> None:
    text = "".join(f"Line {n}: {random.Random(n).random()}\r\n" for n in range(700)).encode("ascii")
    for size in (0, 1, 2, 3, 4095, 4096, 4097, 8191, 8192, 8193, len(text)):
        assert bytes(decompress(compress(text[:size]))) == text[:size]
    assert len(compress(text)) < len(text) * 0.7


def test_bytes_that_do_not_shrink_are_kept_whole_or_refused() -> None:
    noise = random.Random(7).randbytes(8192)
    assert bytes(decompress(compress(noise))) == noise
    with pytest.raises(ValueError, match="last chunk"):
        compress(noise[:4095])


@settings(max_examples=150, deadline=None)
@given(st.text(st.sampled_from("ab \r\n'"), max_size=9000) | st.text(st.characters(max_codepoint=126), max_size=3000))
def test_any_text_is_read_back_by_oletools_and_pyopenvba(text: str) -> None:
    packed, plain = compress(text.encode("ascii")), text.encode("ascii")
    assert bytes(decompress(packed)) == plain
    assert bytes(olevba().decompress_stream(bytearray(packed))) == plain


@pytest.mark.parametrize("sizes", [(0,), (1, 63, 64, 65), (4095, 4096, 4097), (70_000, 5, 511, 512, 513), tuple(range(0, 4400, 110))])
def test_a_container_is_read_back_by_olefile(sizes: tuple[int, ...]) -> None:
    inner = {f"s{size}": random.Random(size).randbytes(size) for size in sizes}
    data = compound_file({"PROJECT": b"x", "VBA": inner, "empty": {}})
    with olefile.OleFileIO(io.BytesIO(data), raise_defects=olefile.DEFECT_POTENTIAL) as ole:
        assert {"/".join(p): ole.openstream(p).read() for p in ole.listdir()} == {
            "PROJECT": b"x",
            **{f"VBA/{n}": d for n, d in inner.items()},
        }
        assert ole.parsing_issues == []
        assert ole.exists("vba/S" + str(sizes[0])), "names are found whatever their case: the tree is in the right order"
    assert len(data) % 512 == 0


def test_the_search_tree_is_in_the_order_the_format_asks_for() -> None:
    names = ["ThisWorkbook", "dir", "_VBA_PROJECT", "CollabRibbon", "xlwings", "B", "a", "Dictionary"]
    with olefile.OleFileIO(io.BytesIO(compound_file({n: n.encode() for n in names}))) as ole:
        found: list[str] = []

        def walk(number: int) -> None:
            if number != 0xFFFFFFFF:
                entry = ole.direntries[number]
                walk(entry.sid_left)
                found.append(entry.name)
                walk(entry.sid_right)

        walk(ole.direntries[0].sid_child)
    # [MS-CFB] 2.6.4: the shorter name first, then by upper-case letters ("_" after "Z").
    assert found == ["a", "B", "dir", "xlwings", "Dictionary", "CollabRibbon", "ThisWorkbook", "_VBA_PROJECT"]


def test_the_search_tree_of_a_container_is_red_black() -> None:
    for count in range(1, 40):
        data = compound_file({f"n{i}": bytes([i]) for i in range(count)})
        with olefile.OleFileIO(io.BytesIO(data)) as ole:
            entries = ole.direntries

            def height(number: int, above_is_red: bool, entries: list[olefile.olefile.OleDirectoryEntry] = entries) -> tuple[int, int]:
                """(black height, entries below); fails on two reds in a row or uneven heights."""
                if number == 0xFFFFFFFF:
                    return 1, 0
                entry = entries[number]
                red = entry.color == 0
                assert not (red and above_is_red)
                (left, some), (right, more) = height(entry.sid_left, red), height(entry.sid_right, red)
                assert left == right
                return left + (not red), some + more + 1

            assert height(entries[0].sid_child, True)[1] == count


@pytest.mark.parametrize("name", ["", "x" * 32, "a/b", "a!b"])
def test_a_name_no_container_can_hold_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="name"):
        compound_file({name: b""})
    with pytest.raises(ValueError, match="one name"):
        compound_file({"Dir": b"", "dir": b""})


def decoded(hidden: str, project_id: str) -> bytes:
    """[MS-OVBA] 2.4.3.3, written from its pseudo code: the data behind CMG, DPB or GC."""
    data = bytes.fromhex(hidden)
    seed, version, key = data[0], data[0] ^ data[1], data[0] ^ data[2]
    assert version == 2
    assert key == sum(project_id.encode()) & 0xFF
    unencrypted, one, two = key, data[2], data[1]
    plain = bytearray()
    for byte in data[3:]:
        plain.append(byte ^ ((two + unencrypted) & 0xFF))
        two, one, unencrypted = one, byte, plain[-1]
    plain = plain[(seed & 6) // 2 :]
    assert int.from_bytes(plain[:4], "little") == len(plain) - 4
    return bytes(plain[4:])


def test_the_project_is_neither_locked_nor_hidden() -> None:
    published = "{917DED54-440B-4FD1-A5C1-74ACF261E600}"
    assert decoded("0705D8E3D8EDDBF1DBF1DBF1DBF1", published) == bytes(4), "the decoder reads the specification's example"
    assert decoded("0E0CD1ECDFF4E7F5E7F5E7", published) == b"\0"
    for data in (bytes(4), b"\0", b"\xff"):
        assert decoded(_hidden(data), PROJECT_ID) == data


def test_a_project_holds_source_only() -> None:
    text = 'Attribute VB_Name = "ThisWorkbook"\r\n'
    with olefile.OleFileIO(io.BytesIO(vba_project("P", [Module("ThisWorkbook", "document", text)]))) as ole:
        assert sorted("/".join(p) for p in ole.listdir()) == ["PROJECT", "PROJECTwm", "VBA/ThisWorkbook", "VBA/_VBA_PROJECT", "VBA/dir"]
        assert ole.openstream("VBA/_VBA_PROJECT").read() == bytes.fromhex("CC61FFFF000000")
        assert bytes(decompress(ole.openstream("VBA/ThisWorkbook").read())) == text.encode()
