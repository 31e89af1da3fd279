"""Each gate refuses its kind of file, with its code, and accepts a similar harmless one."""

from __future__ import annotations

import hashlib
import io
import struct
import zipfile
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from intake_books import MAIN, REL, far_cells, hand_made, pack_book, parts, plain_workbook, sheet, sheet_of, zipped

from collab_xl.catalogue import LANGS, code_key, codes, has
from collab_xl.forms import SCHEMA_VERSION, load
from collab_xl.intake.gates import Known, gate, gates, hand_made_department, settle_hand_made, unreadable
from collab_xl.intake.package import MAX_ENTRIES, MAX_EXPANDED, scan
from collab_xl.intake.token import make_token, token_ok
from collab_xl.model.directory import Department, Directory
from collab_xl.model.merge import Pack
from collab_xl.model.place import Area
from collab_xl.model.record import replace
from collab_xl.model.sheets import Table
from collab_xl.model.submission_log import Incoming, InMemory, State

SECRET, PROJECT = b"k" * 32, "p-1"
SOUND = parts({"Sheet1": sheet_of([["任务ID"], ["RW-001"]])})
SPACE = "http://schemas.openxmlformats.org/package/2006/relationships"


def with_parts(**extra: str | bytes) -> bytes:
    return zipped({**SOUND, **{name.replace("__", "/"): data for name, data in extra.items()}})


def with_entry(name: str, data: str | bytes = b"x") -> bytes:
    return zipped({**SOUND, name: data})


def with_rel(kind: str, target: str, mode: str = "External") -> bytes:
    rel = f'<Relationship Id="rId9" Type="{REL}/{kind}" Target="{target}" TargetMode="{mode}"/>'
    return with_entry("xl/worksheets/_rels/sheet1.xml.rels", f'<Relationships xmlns="{SPACE}">{rel}</Relationships>')


def with_type(line: str, **extra: str | bytes) -> bytes:
    """A further line in the content types."""
    types = str(SOUND["[Content_Types].xml"]).replace("</Types>", line + "</Types>")
    return zipped({**SOUND, "[Content_Types].xml": types, **{name.replace("__", "/"): data for name, data in extra.items()}})


def with_inner_rel(kind: str, target: str, data: bytes = b"x") -> bytes:
    """A relationship of the workbook to a part with a harmless name."""
    known = str(SOUND["xl/_rels/workbook.xml.rels"])
    rel = f'<Relationship Id="rId9" Type="http://schemas.microsoft.com/office/2006/relationships/{kind}" Target="{target}"/>'
    return zipped(
        {**SOUND, "xl/_rels/workbook.xml.rels": known.replace("</Relationships>", rel + "</Relationships>"), f"xl/{target}": data}
    )


BIN = '<Default Extension="bin" ContentType="application/vnd.ms-excel.sheet.binary.macroEnabled.main"/>'
"""SheetJS, the library that most web exports use, writes this into every workbook."""


def with_sheet(xml: str | bytes) -> bytes:
    return zipped({**SOUND, "xl/worksheets/sheet1.xml": xml})


def lying_size(data: bytes, name: str, claimed: int) -> bytes:
    """Change the expanded size of one entry in the central directory."""
    at = data.rindex(b"PK\x01\x02", 0, data.rindex(name.encode()))
    return data[: at + 24] + struct.pack("<I", claimed) + data[at + 28 :]


def encrypted_flag(data: bytes) -> bytes:
    at = data.index(b"PK\x01\x02")
    return data[: at + 8] + struct.pack("<H", 1) + data[at + 10 :]


def ole(stream: str) -> bytes:
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + stream.encode("utf-16-le") + bytes(400)


def doctype(encoding: str) -> bytes:
    words = f'<?xml version="1.0" encoding="{encoding}"?><!DOCTYPE x [<!ENTITY a "aaaa">]><worksheet xmlns="{MAIN}"/>'
    if encoding == "utf-7":
        return words.encode("ascii").replace(b"<!", b"+ADwAIQ-")
    return words.encode(encoding)


def bomb(size: int) -> bytes:
    """`size` bytes of zeros, deflated to a thousandth."""
    return with_entry("xl/media/image1.png", bytes(size))


MALICIOUS = [
    pytest.param(b"", "S106", id="empty file"),
    pytest.param(b"hello", "S105", id="a text renamed"),
    pytest.param(b"<html><table></table></html>", "S105", id="a web page renamed"),
    pytest.param(b"PK\x03\x04" + bytes(200), "S105", id="a zip cut short"),
    pytest.param(hand_made([["a"]])[:-40], "S105", id="a workbook cut short"),
    pytest.param(zipped({"word/document.xml": "<w/>", "[Content_Types].xml": "<Types/>"}), "S105", id="a Word file renamed"),
    pytest.param(zipped({"a.txt": "x"}), "S105", id="any zip renamed"),
    pytest.param(zipped({**SOUND, "xl/workbook.xml": "<workbook"}), "S105", id="broken workbook part"),
    pytest.param(zipped({**SOUND, "_rels/.rels": f'<Relationships xmlns="{SPACE}"/>'}), "S105", id="no way to the workbook"),
    pytest.param(zipped({**SOUND, "xl/workbook.xml": f'<workbook xmlns="{MAIN}"><sheets/></workbook>'}), "S105", id="no sheets"),
    pytest.param(ole("EncryptedPackage"), "S104", id="password"),
    pytest.param(ole("Workbook"), "S102", id="an old .xls renamed"),
    pytest.param(with_entry("xl/workbook.bin"), "S102", id="an .xlsb renamed"),
    pytest.param(zipped([*SOUND.items(), *((f"x/{i}", b"") for i in range(MAX_ENTRIES))]), "S111", id="too many entries"),
    pytest.param(lying_size(with_entry("xl/a.txt", b"1" * 99), "xl/a.txt", (1 << 31) - 1), "S112", id="claims to be huge"),
    pytest.param(lying_size(bomb(5 << 20), "xl/media/image1.png", 10), "S105", id="bomb that claims to be small"),
    pytest.param(zipped([*SOUND.items(), ("xl/worksheets/sheet1.xml", sheet(""))]), "S113", id="duplicate name"),
    pytest.param(with_entry("XL/Worksheets/Sheet1.XML", sheet("")), "S113", id="duplicate name in other case"),
    pytest.param(with_entry("xl\\worksheets\\sheet1.xml", sheet("")), "S113", id="duplicate name with backslashes"),
    pytest.param(with_entry("/xl/workbook.xml", SOUND["xl/workbook.xml"]), "S113", id="duplicate name with leading slash"),
    pytest.param(with_entry("xl/../../evil.xml", "<a/>"), "S114", id="path tricks"),
    pytest.param(encrypted_flag(hand_made([["a"]])), "S114", id="encrypted entry"),
    pytest.param(zipped(SOUND, zipfile.ZIP_LZMA), "S114", id="LZMA"),
    pytest.param(with_entry("xl/vbaProject.bin"), "S121", id="macros"),
    pytest.param(with_entry("xl/VBAPROJECT.BIN"), "S121", id="macros in capitals"),
    pytest.param(with_entry("xl/macrosheets/sheet1.xml", "<a/>"), "S121", id="Excel 4 macros"),
    pytest.param(
        zipped(
            {
                **SOUND,
                "[Content_Types].xml": str(SOUND["[Content_Types].xml"]).replace("spreadsheetml.sheet.main", "sheet.macroEnabled.main"),
            }
        ),
        "S121",
        id="declared macro-enabled",
    ),
    pytest.param(with_inner_rel("vbaProject", "media/image1.png"), "S121", id="a macro project under another name"),
    pytest.param(with_inner_rel("&#118;baProject", "theme/theme1.xml", b"<a/>"), "S121", id="its relationship written with an entity"),
    pytest.param(with_inner_rel("xlMacrosheet", "worksheets/sheet9.xml", b"<a/>"), "S121", id="an Excel 4 sheet under another name"),
    pytest.param(with_entry("xl/media/image1.png", ole("_VBA_PROJECT")), "S121", id="a macro project nothing leads to"),
    pytest.param(
        with_type('<Override PartName="/xl/a.dat" ContentType="application/vnd.ms-office.vbaProject"/>', **{"xl/a.dat": b"x"}),
        "S121",
        id="a part declared a macro project",
    ),
    pytest.param(with_inner_rel("connections", "theme/theme1.xml", b"<a/>"), "S122", id="data connection under another name"),
    pytest.param(with_inner_rel("oleObject", "media/image1.png"), "S123", id="embedded object under another name"),
    pytest.param(
        with_entry(
            "xl/worksheets/_rels/sheet1.xml.rels",
            f'<Relationships xmlns="{SPACE}">'
            f'<Relationship Id="r" Type="{REL}/image" Target="http://x.cn/" TargetMode="E&#120;ternal"/></Relationships>',
        ),
        "S122",
        id="a way out written with an entity",
    ),
    pytest.param(with_entry("xl/externalLinks/externalLink1.xml", "<a/>"), "S122", id="external link (DDE lives here too)"),
    pytest.param(with_entry("xl/connections.xml", "<a/>"), "S122", id="data connection"),
    pytest.param(with_rel("image", "http://track.example/x.png"), "S122", id="linked picture"),
    pytest.param(with_rel("externalLinkPath", "file:///share/x.xlsx", "EXTERNAL"), "S122", id="external target in capitals"),
    pytest.param(with_rel("oleObject", "file:///c:/x.exe"), "S123", id="linked object"),
    pytest.param(with_entry("xl/embeddings/oleObject1.bin"), "S123", id="embedded object"),
    pytest.param(with_entry("xl/activeX/activeX1.bin"), "S123", id="ActiveX"),
    pytest.param(with_sheet(doctype("utf-8")), "S124", id="DOCTYPE"),
    pytest.param(with_sheet(doctype("utf-16")), "S124", id="DOCTYPE in UTF-16"),
    pytest.param(with_sheet(doctype("utf-16-be")), "S124", id="DOCTYPE in UTF-16 without mark"),
    pytest.param(with_sheet(doctype("utf-32")), "S124", id="DOCTYPE in UTF-32"),
    pytest.param(with_sheet(doctype("cp037")), "S125", id="DOCTYPE in EBCDIC"),
    pytest.param(with_sheet(doctype("utf-7")), "S125", id="DOCTYPE in UTF-7"),
    pytest.param(with_entry("docProps/custom.xml", doctype("utf-16")), "S124", id="DOCTYPE in any part"),
    pytest.param(with_sheet('<?xml version="1.0" encoding="gbk"?><worksheet/>'.encode("gbk")), "S125", id="another encoding"),
    pytest.param(far_cells("A1", "XFD1048576"), "S126", id="two far corners"),
    pytest.param(far_cells("A1", "ZZ99999"), "S126", id="far, not the very corner"),
    pytest.param(
        with_sheet(sheet('<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XF&#68;1048576"><v>1</v></c></row>')),
        "S126",
        id="written as entity",
    ),
    pytest.param(
        with_sheet(sheet("<row r='1'><c r='A1'><v>1</v></c></row><row r='1048576'><c\nr = 'XFD1048576'><v>1</v></c></row>")),
        "S126",
        id="odd quotes",
    ),
    pytest.param(
        with_sheet(sheet('<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>').encode("utf-16")),
        "S126",
        id="far cells in UTF-16",
    ),
]


@pytest.mark.parametrize(("data", "code"), MALICIOUS)
def test_bad_content_is_refused_with_its_code(data: bytes, code: str) -> None:
    assert scan(data).code == code


def test_the_part_that_holds_the_macro_is_named() -> None:
    held = with_inner_rel("vbaProject", "media/image1.png")
    declared = zipped(
        {**SOUND, "[Content_Types].xml": str(SOUND["[Content_Types].xml"]).replace("spreadsheetml.sheet.main", "sheet.macroEnabled.main")}
    )
    assert [dict(scan(data).facts)["part"] for data in (held, declared)] == ["xl/media/image1.png", "xl/workbook.xml"]


def test_a_bomb_is_refused_without_being_expanded(monkeypatch: pytest.MonkeyPatch) -> None:
    data, expanded = bomb(MAX_EXPANDED + 1), list[object]()
    assert len(data) < 1 << 20
    monkeypatch.setattr(zipfile.ZipFile, "open", lambda self, entry, *rest, **named: expanded.append(entry))
    assert scan(data).code == "S112"
    assert not expanded


HARMLESS = [
    pytest.param(hand_made([["a"], ["b"]]), id="stored"),
    pytest.param(plain_workbook([["a"]]), id="deflated"),
    pytest.param(with_rel("hyperlink", "https://example.cn/a"), id="a web link in a cell"),
    pytest.param(with_entry("xl/media/image1.png", b"\x89PNG"), id="a picture"),
    pytest.param(with_entry("xl/printerSettings/printerSettings1.bin", b"\0\1"), id="printer settings"),
    pytest.param(with_type(BIN), id="a default for .bin that says macroEnabled, and no such part: SheetJS"),
    pytest.param(with_type(BIN, xl__printerSettings1=b"\0"), id="the same default and another part"),
    pytest.param(
        with_type('<Override PartName="/xl/vbaProject.bin" ContentType="application/vnd.ms-office.vbaProject"/>'),
        id="a macro project declared that is not there",
    ),
    pytest.param(
        with_sheet(sheet('<row r="1"><c r="A1" t="inlineStr"><is><t>&lt;!DOCTYPE html&gt;</t></is></c></row>')), id="a cell about DOCTYPE"
    ),
    pytest.param(
        with_sheet(sheet("".join(f'<row r="{r}" s="1"><c r="A{r}" s="1"/></row>' for r in (1, 50_000, 1_048_576)))),
        id="formatted empty rows",
    ),
    pytest.param(with_sheet(sheet('<row r="1"><c r="A1"><v>1</v></c><c r="XFD1"><v>1</v></c></row>')), id="one wide row"),
    pytest.param(
        with_sheet(sheet('<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="A1048576"><v>1</v></c></row>')),
        id="one long column",
    ),
    pytest.param(with_sheet(('<?xml version="1.0" encoding="UTF-16"?>' + sheet("")).encode("utf-16")), id="a sheet in UTF-16"),
    pytest.param(with_sheet(b"\xef\xbb\xbf" + sheet("").encode()), id="a byte order mark"),
    pytest.param(with_parts(customXml__item1="<x/>", docProps__app="<x/>"), id="other parts"),
]


@pytest.mark.parametrize("data", HARMLESS)
def test_harmless_content_passes(data: bytes) -> None:
    assert scan(data).code == ""


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_no_damage_raises(data: st.DataObject) -> None:
    """Bytes of a genuine pack are changed anywhere: it is refused, or still a pack with the same token; never an exception."""
    whole = bytearray(PACK_BYTES)
    for _ in range(data.draw(st.integers(1, 6))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    found = gate(incoming(bytes(whole)), known())
    assert found.state in State
    assert found.state is not State.ACCEPTED or found.pack == "P1" or not found.pack


# ---- who sends what ---------------------------------------------------------------------------------------------------------


def pack_bytes(
    pack: str = "P1", department: str = "研发部", week: str = "2026-W47", *, schema: str = SCHEMA_VERSION, **wrong: str
) -> bytes:
    token = make_token(SECRET, PROJECT, pack, department, week, schema)
    claims = {"kind": "pack", "project": PROJECT, "schema": schema, "lang": "zh", "pack": pack, "department": department, "week": week}
    return pack_book([["任务ID"], ["RW-001"]], {**claims, "token": token, **wrong})


PACK_BYTES = pack_bytes()


def pack(pack_id: str, department: str, day: int) -> Pack:
    return Pack(pack_id, department, f"2026-W{day}", datetime(2026, 11, day), SCHEMA_VERSION, {})


def known(**changes: object) -> Known:
    directory = Directory.of(
        [Department("研发部", ("研发",), emails=("rd@x.cn",)), Department("市场部", emails=("mk@x.cn",)), Department("行政部")]
    )
    packs = {p.id: p for p in (pack("P0", "研发部", 9), pack("P1", "研发部", 16), pack("PA", "行政部", 16))}
    return replace(Known(PROJECT, SECRET, directory, packs), **changes)  # type: ignore[arg-type]


def incoming(data: bytes, file: str = "a.xlsx", sender: str | None = None, **more: object) -> Incoming:
    digest = hashlib.sha256(data).hexdigest()
    return Incoming(file, file, InMemory(data), digest, sender=sender or "", mailed=sender is not None, **more)  # type: ignore[arg-type]


CASES = [
    pytest.param(incoming(PACK_BYTES), "accepted", "", "研发部", id="bare file: its pack's department"),
    pytest.param(incoming(PACK_BYTES, sender="RD@x.cn "), "accepted", "", "研发部", id="right sender, case does not count"),
    pytest.param(incoming(PACK_BYTES, sender="mk@x.cn"), "refused", "S407", "研发部", id="another department's sender"),
    pytest.param(incoming(PACK_BYTES, sender="x@y.cn"), "refused", "S406", "研发部", id="unknown sender"),
    pytest.param(incoming(PACK_BYTES, sender=""), "refused", "S406", "研发部", id="a mail without sender is still a mail"),
    pytest.param(incoming(pack_bytes("PA", "行政部"), sender="x@y.cn"), "accepted", "S412", "行政部", id="department without address"),
    pytest.param(
        incoming(pack_bytes("PA", "行政部"), sender="rd@x.cn"),
        "refused",
        "S407",
        "行政部",
        id="no address, but the sender is someone else's",
    ),
    pytest.param(incoming(pack_bytes("P0")), "accepted", "S411", "研发部", id="an older pack, with a note"),
    pytest.param(incoming(pack_bytes(token="00")), "refused", "S401", "", id="wrong token"),
    pytest.param(incoming(pack_bytes(token="")), "refused", "S401", "", id="no token"),
    pytest.param(incoming(pack_bytes(department="市场部", token="ff" * 32)), "refused", "S401", "", id="made-up token"),
    pytest.param(
        incoming(pack_bytes(week="2026-W99", token=make_token(SECRET, PROJECT, "P1", "研发部", "2026-W47", "1"))),
        "refused",
        "S401",
        "",
        id="other week",
    ),
    pytest.param(incoming(pack_bytes(project="p-2")), "refused", "S402", "", id="another project"),
    pytest.param(incoming(pack_bytes(schema="99")), "refused", "S403", "研发部", id="newer schema"),
    pytest.param(incoming(pack_bytes("P9")), "refused", "S404", "研发部", id="a pack the ledger does not know"),
    pytest.param(incoming(pack_bytes(kind="master")), "refused", "S405", "", id="a master"),
    pytest.param(incoming(PACK_BYTES, "a.XLSX"), "accepted", "", "研发部", id="ending in capitals"),
    pytest.param(incoming(PACK_BYTES, "a.xlsm"), "refused", "S103", "", id="macro ending"),
    pytest.param(incoming(PACK_BYTES, "a.xls"), "refused", "S102", "", id="old ending"),
    pytest.param(incoming(PACK_BYTES, "a.et"), "refused", "S102", "", id="WPS ending"),
    pytest.param(incoming(PACK_BYTES, "a.docx"), "refused", "S101", "", id="no spreadsheet"),
    pytest.param(incoming(PACK_BYTES, "noending"), "refused", "S101", "", id="no ending"),
    pytest.param(incoming(b"a,b\n1,2\n", "a.csv"), "accepted", "S409", "", id="CSV, hand-made, department still open"),
    pytest.param(incoming(b"", "a.csv"), "refused", "S106", "", id="empty CSV"),
    pytest.param(incoming(b"MZ\0\0\0", "a.csv"), "refused", "S105", "", id="CSV that is no text"),
    pytest.param(
        incoming(hand_made([["x"]]), sender="mk@x.cn"), "accepted", "S409", "市场部", id="hand-made by mail: the sender's department"
    ),
    pytest.param(incoming(hand_made([["x"]]), sender="no@x.cn"), "refused", "S406", "", id="hand-made from a stranger"),
]


@pytest.mark.parametrize(("item", "state", "code", "department"), CASES)
def test_who_sent_what(item: Incoming, state: str, code: str, department: str) -> None:
    found = gate(item, known())
    assert (found.state.value, found.code, found.department) == (state, code, department)


def test_the_pmo_says_whose_a_hand_made_file_is() -> None:
    file = incoming(hand_made([["x"]]))
    assert gate(file, known(), department="研发").department == "研发部"
    assert gate(file, known(), department="无此部门").code == "S413"
    mailed = incoming(hand_made([["x"]]), sender="mk@x.cn")
    assert gate(mailed, known(), department="研发部").code == "S407"
    assert gate(incoming(PACK_BYTES), known(), department="市场部").department == "研发部", "a pack says itself whose it is"


def test_an_empty_directory_knows_nobody_and_takes_every_pack() -> None:
    everyone = known(directory=Directory())
    assert gate(incoming(PACK_BYTES, sender="x@y.cn"), everyone).code == "S412"
    assert gate(incoming(hand_made([["x"]])), everyone, department="某部").department == "某部"


def test_the_same_content_twice_in_one_go_is_a_duplicate() -> None:
    items = [incoming(PACK_BYTES), incoming(PACK_BYTES, "b.xlsx"), incoming(hand_made([["x"]])), incoming(hand_made([["x"]]))]
    assert [r.state.value for _, r in gates(items, known())] == ["accepted", "duplicate", "accepted", "duplicate"]


def test_a_refused_file_may_come_again_from_the_right_sender() -> None:
    items = [incoming(PACK_BYTES, sender="x@y.cn"), incoming(PACK_BYTES, sender="rd@x.cn")]
    assert [(r.state.value, r.code) for _, r in gates(items, known())] == [("refused", "S406"), ("accepted", "")]


def test_what_gathering_settled_stays_settled() -> None:
    item = incoming(b"x", "a.msg", state=State.REFUSED, code="S423")
    assert (gate(item, known()).state, gate(item, known()).code) == (State.REFUSED, "S423")


def test_sent_is_the_mail_date_else_the_documents_else_the_files() -> None:
    core = '<cp:coreProperties xmlns:cp="c" xmlns:dcterms="http://purl.org/dc/terms/"><dcterms:modified>2026-11-19T08:00:00Z</dcterms:modified></cp:coreProperties>'
    dated, undated = zipped({**SOUND, "docProps/core.xml": core}), zipped(SOUND)
    mail, file = datetime(2026, 11, 20, 9), datetime(2026, 11, 21, 9)
    stated = datetime.fromisoformat("2026-11-19T08:00:00+00:00").astimezone().replace(tzinfo=None)
    times = [
        gate(incoming(data, sent_at=sent, received_at=file), known()).sent_at
        for data, sent in ((dated, mail), (dated, None), (undated, None))
    ]
    assert times == [mail, stated, file]


@pytest.mark.parametrize("stated", ["0001-01-01T00:00:00Z", "1601-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
def test_a_document_that_names_an_impossible_year_has_the_time_of_its_file(stated: str) -> None:
    core = f'<cp:coreProperties xmlns:cp="c" xmlns:t="http://purl.org/dc/terms/"><t:modified>{stated}</t:modified></cp:coreProperties>'
    file = datetime(2026, 11, 21, 9)
    assert gate(incoming(zipped({**SOUND, "docProps/core.xml": core}), received_at=file), known()).sent_at == file


ISSUED, GOT, NOW = datetime(2026, 11, 16), datetime(2026, 11, 20, 16, 42), datetime(2026, 11, 20, 18)


def saved(moment: datetime) -> bytes:
    """The genuine pack P1, with this local time as the time of the last save."""
    with zipfile.ZipFile(io.BytesIO(PACK_BYTES)) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    said = moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    core = f'<c:coreProperties xmlns:c="c" xmlns:d="http://purl.org/dc/terms/"><d:modified>{said}</d:modified></c:coreProperties>'
    return zipped({**entries, "docProps/core.xml": core})


HOUR, DAYS = timedelta(hours=1), timedelta(days=40)


@pytest.mark.parametrize(
    ("mail", "document", "file", "counts", "warning"),
    [
        pytest.param(GOT - HOUR, None, GOT, GOT - HOUR, "", id="mail: its date"),
        pytest.param(GOT + HOUR, None, GOT, GOT, "", id="mail: a clock a little fast"),
        pytest.param(datetime(2099, 11, 20, 10), None, GOT, GOT, "S414", id="mail: dated 2099"),
        pytest.param(ISSUED - HOUR, None, GOT, GOT, "S414", id="mail: older than its pack"),
        pytest.param(None, GOT - HOUR, GOT, GOT - HOUR, "", id="document: its date"),
        pytest.param(None, GOT + DAYS, GOT, GOT, "S414", id="document: saved after it was received"),
        pytest.param(None, ISSUED - DAYS, GOT, GOT, "S414", id="document: saved before its pack was issued"),
        pytest.param(None, ISSUED, GOT, GOT, "", id="document: the time of the pack itself says nothing"),
        pytest.param(None, None, GOT, GOT, "", id="file: its time"),
        pytest.param(None, None, NOW + DAYS, NOW, "S414", id="file: not received after now"),
        pytest.param(None, None, ISSUED - DAYS, NOW, "S414", id="file: not received before the issue"),
        pytest.param(None, ISSUED, NOW + DAYS, NOW, "S414", id="document: as issued, its file in the future"),
        pytest.param(None, GOT - HOUR, NOW + DAYS, GOT - HOUR, "", id="document: its date, whatever the time of its file"),
        pytest.param(datetime(2099, 1, 1), None, NOW + DAYS, NOW, "S414", id="mail and file: both in the future"),
        pytest.param(None, None, NOW + timedelta(milliseconds=400), NOW + timedelta(milliseconds=400), "", id="file: written this second"),
    ],
)
def test_a_time_from_outside_lies_between_issue_and_receipt(
    mail: datetime | None, document: datetime | None, file: datetime, counts: datetime, warning: str
) -> None:
    data = saved(document) if document else PACK_BYTES
    item = incoming(data, sender="rd@x.cn" if mail else None, sent_at=mail, received_at=file)
    found = gate(item, known(now=NOW))
    assert (found.state, found.code, found.sent_at, found.warning) == (State.ACCEPTED, "", counts, warning)
    if warning:
        said = mail or (document if document != ISSUED else None) or file
        assert dict(found.facts)["stated"] == f"{said:%Y-%m-%d %H:%M}"
        assert dict(found.facts)["counted"] == f"{counts:%Y-%m-%d %H:%M}"


def test_a_computer_whose_clock_is_behind_the_issue_judges_no_times() -> None:
    early = datetime(2025, 1, 1)
    found = gate(incoming(PACK_BYTES, sender="rd@x.cn", sent_at=GOT, received_at=early), known(now=early))
    assert (found.sent_at, found.warning) == (GOT, "")


def test_two_documents_saved_in_one_second_stand_in_the_order_of_their_files() -> None:
    """A document states whole seconds. The time of its file is finer, unless the file was written later (a copy)."""
    core = '<cp:coreProperties xmlns:cp="c" xmlns:dcterms="http://purl.org/dc/terms/"><dcterms:modified>2026-11-19T08:00:00Z</dcterms:modified></cp:coreProperties>'
    data = zipped({**SOUND, "docProps/core.xml": core})
    stated = datetime.fromisoformat("2026-11-19T08:00:00+00:00").astimezone().replace(tzinfo=None)
    seconds = (-1.0, 0.0, 0.25, 1.75, 2.0, 3600.0)
    sent = [gate(incoming(data, received_at=stated + timedelta(seconds=s)), known()).sent_at for s in seconds]
    assert [(s - stated).total_seconds() for s in sent if s is not None] == [0, 0, 0.25, 1.75, 0, 0]


def test_reading_that_fails_in_the_worker_is_a_refusal() -> None:
    accepted = gate(incoming(PACK_BYTES), known())
    found = [unreadable(accepted, why) for why in ("died", "memory", "timeout", "raised")]
    assert [(r.state, r.code) for r in found] == [(State.REFUSED, c) for c in ("S127", "S127", "S128", "S129")]


# ---- the department in the rows ---------------------------------------------------------------------------------------------


def rows(form: str, **columns: list[object]) -> dict[str, Table]:
    count = len(next(iter(columns.values())))
    values = {k: tuple(v) for k, v in columns.items()}
    table = Table(form, "s", Area(1, 1, count + 1, 9), (1, 1), {}, {}, range(2, count + 2), values, values)  # type: ignore[arg-type]
    return {form: table}


@pytest.mark.parametrize(
    ("tables", "department"),
    [
        pytest.param(rows("tasks", dept=["研发", "研发部", None]), "研发部", id="one, by name and alias"),
        pytest.param(rows("tasks", dept=["研发部", "市场部"]), None, id="two"),
        pytest.param(rows("tasks", dept=[None, None]), None, id="none"),
        pytest.param(rows("tasks", dept=["路人部"]), None, id="unknown"),
        pytest.param(rows("tasks", name=["a"]), None, id="no such column"),
        pytest.param({**rows("tasks", dept=["研发部"]), **rows("problems", dept=["市场部"])}, None, id="two forms, two departments"),
        pytest.param(rows("requirements", to_depts=[("市场部",), ("市场部",)]), "市场部", id="a list of one"),
        pytest.param({}, None, id="no table"),
    ],
)
def test_a_hand_made_file_speaks_for_the_one_department_in_its_rows(tables: dict[str, Table], department: str | None) -> None:
    assert hand_made_department(tables, load(), known().directory) == department
    settled = settle_hand_made(gate(incoming(hand_made([["x"]])), known()), tables, load(), known().directory)
    assert (settled.department, settled.code) == ((department, "S409") if department else ("", "S408"))
    assert dict(settled.facts)["department"] == (department or "")


# ---- the token ---------------------------------------------------------------------------------------------------------------

text = st.text(max_size=8)


@given(text, text, text, text, text, st.integers(0, 4), text)
def test_a_token_fits_its_claims_only(project: str, pack_id: str, department: str, week: str, schema: str, which: int, other: str) -> None:
    claims = [project, pack_id, department, week, schema]
    token = make_token(SECRET, *claims)
    assert token_ok(token, SECRET, *claims)
    assert token_ok(token.upper() + " ", SECRET, *claims)
    assert not token_ok(token, b"l" * 32, *claims)
    changed = [*claims[:which], other, *claims[which + 1 :]]
    assert token_ok(token, SECRET, *changed) == (other == claims[which])


def test_text_moved_from_one_claim_to_the_next_is_another_claim() -> None:
    assert make_token(SECRET, "a", "bc", "", "", "") != make_token(SECRET, "ab", "c", "", "", "")


# ---- the words ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", LANGS)
def test_every_code_of_intake_has_its_words(lang: str) -> None:
    known = {code for code in codes() if code.startswith(("S1", "S4"))}
    used = {p.values[1] for p in MALICIOUS} | {p.values[2] for p in CASES if p.values[2]} | {"S127", "S128", "S129", "S408", "S410", "S413"}
    assert len(used) > 25
    assert used <= known
    assert [(c, part) for c in known for part in ("what", "why", "fix") if not has(code_key(c, part), lang)] == []


def test_a_sound_workbook_is_a_sound_zip() -> None:
    with zipfile.ZipFile(io.BytesIO(PACK_BYTES)) as archive:
        assert archive.testzip() is None
