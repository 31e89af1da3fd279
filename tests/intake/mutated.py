"""Mails, zips and workbooks made from real forms by seeded mutation: the same seed gives the same bytes."""

from __future__ import annotations

import io
import random
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

TOKENS: tuple[bytes, ...] = (
    *(b"\r\n", b"\n\n", b"\r\n\r\n", b"\0", b"\xff\xfe", b"\xed\xa0\x80", b'"', b"\\", b";" * 70, b"(" * 300, b"<" * 300, b"=" * 300),
    *(b"=?utf-7?Q?+2AA-?=", b"=?unicode_escape?B?XHVkODAw?=", b"=?gbk?B?1tyxqA==?=", b"=?x?q?" * 50, b"--b", b"From: a@b.cn\r\n"),
    *(b"Content-Type: multipart/mixed; boundary=b\r\n", b"Content-Type: message/rfc822\r\n\r\n", b"Content-Transfer-Encoding: base64\r\n"),
    *(b"filename*=utf-8''%ED%A0%80.xlsx", b"filename*0*=gbk''%D6%DC", b"Authentication-Results: x; dmarc=fail\r\n", b"a" * 3000),
    *(b"<c r='A1'", b'<c r="XFD1048576"><v>1</v></c>', b'<row r="99999999">', b't="e"', b't="s"><v>99999</v>', b"&#xD800;", b"_xD800_"),
    *(b"<!DOCTYPE x>", b"<![CDATA[", b"]]>", b"&lol;", b"</sheetData>", b"<v>1e999</v>", b"<v>nan</v>", b'ref="A1:XFD9"', b"PK\3\4"),
    *(
        b"PK\1\2",
        b"PK\5\6",
        b"\xff" * 8,
        b"99999999999999999999",
        b"-1",
        b"%s%n",
        b"../../",
        b"C:\\",
        "周报".encode(),
        "周报".encode("gbk"),
    ),
)


def mutated(data: bytes, others: Sequence[bytes], rng: random.Random) -> bytes:
    """One to six changes: a byte, a piece left out, doubled, moved, replaced by a token or by a piece of another file, the end cut off."""
    out = bytearray(data)
    for _ in range(rng.randint(1, 6)):
        at = rng.randrange(len(out) + 1)
        size = min(rng.choice((1, 4, 20, 200, 4000)), len(out) - at)
        match rng.randrange(8):
            case 0 if at < len(out):
                out[at] = rng.randrange(256)
            case 1:
                del out[at : at + size]
            case 2:
                out[at:at] = out[at : at + size] * rng.randint(1, 5)
            case 3 | 4:
                out[at:at] = rng.choice(TOKENS)
            case 5:
                out[at : at + size] = rng.choice(TOKENS)
            case 6:
                other = rng.choice(others)
                start = rng.randrange(len(other) + 1)
                out[at : at + size] = other[start : start + 500]
            case _ if rng.random() < 0.3:
                del out[at:]
    return bytes(out)


def repacked(data: bytes, others: Sequence[bytes], rng: random.Random) -> bytes:
    """The workbook or zip with one or two of its parts mutated, and now and then a part renamed, doubled or left out."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        names = old.namelist()
        chosen = set(rng.sample(names, min(len(names), rng.randint(1, 2))))
        for name in names:
            part = old.read(name)
            if name in chosen:
                match rng.randrange(12):
                    case 0:
                        continue
                    case 1:
                        name = rng.choice((name.upper(), "xl/vbaProject.bin", "../" + name, name + "\ud7ff", "a.eml", "a.zip"))
                    case 2:
                        part = part.decode("utf-8", "replace").encode(rng.choice(("utf-16", "utf-32", "utf-8-sig", "gb18030")))
                    case _:
                        part = mutated(part, others, rng)
            new.writestr(name, part)
    return out.getvalue()


def mutations(folder: Path, workbooks: Sequence[bytes], count: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """(name, bytes) of so many inputs: mails from `folder`, zips around workbooks and mails, and workbooks."""
    rng = random.Random(seed)
    mails = [path.read_bytes() for path in sorted(folder.glob("*.eml"))]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for n, data in enumerate((*workbooks[:2], *mails[:3])):
            archive.writestr(f"{n}.{'xlsx' if data[:2] == b'PK' else 'eml'}", data)
    zips = [out.getvalue()]
    for number in range(count):
        match number % 4:
            case 0 | 1:
                yield f"{number}.eml", mutated(rng.choice(mails), mails, rng)
            case 2:
                data = rng.choice(zips)
                yield f"{number}.zip", mutated(data, zips, rng) if rng.random() < 0.5 else repacked(data, mails, rng)
            case _:
                data = rng.choice(workbooks)
                yield f"{number}.xlsx", mutated(data, workbooks, rng) if rng.random() < 0.3 else repacked(data, mails, rng)
