"""Which files beside a pack are kept as evidence, by what they contain, and what the mail says of them. Runs in a worker; never raises.

A kind is taken when its ending is on the list and its content begins as that kind does. What can run on a computer is named and not kept.
"""

from __future__ import annotations

import io
import re
import zipfile

from collab_xl.intake.archive import MAX_LISTING, MAX_MEMBER
from collab_xl.model.encryption import encrypted_by
from collab_xl.model.evidence import folded
from collab_xl.model.regex import regex
from collab_xl.model.zip_guard import HugeListing, guarded_zip

MAX_EVIDENCE = MAX_MEMBER
SMALL_PICTURE, SMALL_INLINE_PICTURE = 4 << 10, 64 << 10
"""Bytes up to which a picture is part of a signature: anywhere, and where the text of the mail shows it."""
PICTURES = frozenset({".jpg", ".jpeg", ".png", ".gif", ".bmp", ".tif", ".tiff", ".webp", ".heic"})
_OLE, _ZIP = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"PK\x03\x04"
_BEGINS: dict[str, tuple[bytes, ...]] = {
    ".pdf": (b"%PDF-",),
    ".jpg": (b"\xff\xd8\xff",),
    ".jpeg": (b"\xff\xd8\xff",),
    ".png": (b"\x89PNG\r\n\x1a\n",),
    ".gif": (b"GIF87a", b"GIF89a"),
    ".bmp": (b"BM",),
    ".tif": (b"II*\0", b"MM\0*"),
    ".tiff": (b"II*\0", b"MM\0*"),
    ".webp": (b"RIFF",),
    ".heic": (),
    ".docx": (_ZIP,),
    ".pptx": (_ZIP,),
    ".ofd": (_ZIP,),
    ".doc": (_OLE,),
    ".ppt": (_OLE,),
    ".dps": (_OLE, _ZIP),
    ".txt": (),
}
"""Ending → how its content begins; () is looked at in another way."""
KINDS = frozenset(_BEGINS)
_RUNS = frozenset(
    f".{word}"
    for line in (
        "exe com scr bat cmd ps1 vbs vbe js jse wsf wsh hta msi msp msix appx jar lnk url reg cpl pif dll sys inf scf chm hlp iso img vhd",
        "vhdx one svg htm html mht mhtml xht xhtml xsl rtf docm dotm pptm potm ppsm ppam sldm dot wll accdb mdb mde app command sh py pyw",
        "rb pl php apk dmg pkg deb rpm settingcontent-ms application gadget library-ms website",
    )
    for word in line.split()
)
"""Endings of programs, scripts, files with macros, and of files that hide or load something."""
_PARTS = frozenset({".svg"})
"""Of these, what an ordinary document consists of."""
_PROGRAMS = (b"MZ", b"\x7fELF", b"#!", b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe", b"\xca\xfe\xba\xbe", b"\x4c\0\0\0\x01\x14\x02\0")
"""How programs begin: of Windows, Linux, Mac, Java, scripts, and shortcuts."""
_REST_OF_TEXT = regex(r"ATT\d{5}\.(txt|html?|bin)", re.IGNORECASE)
_MACROS = ("_VBA_PROJECT", "Macros", "_VBA_PROJECT_CUR")
OK, OTHER, RUNS, CONTENT, LARGE, ENCRYPTED = "", "other", "runs", "content", "large", "encrypted"
"""What `judged` returns; all but the first two are also the ends of keys `model.reason.evidence_…`."""


def _ending(name: str) -> str:
    """The ending with its dot in lower case; "" without one."""
    stem, dot, ending = name.rpartition(".")
    return f".{ending.lower().strip()}" if dot and stem else ""


def judged(name: str, data: bytes) -> str:
    """OK for a file that is kept, OTHER for what is no evidence. RUNS: it can run something; CONTENT: it is not what its ending says;
    LARGE: over MAX_EVIDENCE; ENCRYPTED by a company's program, so nobody can look at it."""
    ending = _ending(name)
    if ending in _RUNS or data.startswith(_PROGRAMS):
        return RUNS
    if ending not in KINDS or not data:
        return OTHER
    if len(data) > MAX_EVIDENCE:
        return LARGE
    if encrypted_by(data):
        return ENCRYPTED
    if not _is_kind(ending, data):
        return CONTENT
    if data.startswith(_ZIP):
        return _in_zip(data)
    return _in_ole(data) if data.startswith(_OLE) else OK


def is_decoration(name: str, data: bytes, *, inline: bool) -> bool:
    """Whether it belongs to the mail itself: a picture as small as in a signature, or the rest of the text as Exchange attaches it."""
    if _REST_OF_TEXT.fullmatch(name):
        return True
    if _ending(name) not in PICTURES:
        return False
    return len(data) <= (SMALL_INLINE_PICTURE if inline else SMALL_PICTURE)


def _is_kind(ending: str, data: bytes) -> bool:
    if ending == ".txt":
        return b"\0" not in data[:4096] or data[:2] in (b"\xff\xfe", b"\xfe\xff")
    if ending == ".heic":
        return data[4:8] == b"ftyp"
    if ending == ".webp":
        return data[:4] == b"RIFF" and data[8:12] == b"WEBP"
    return data.removeprefix(b"\xef\xbb\xbf").startswith(_BEGINS[ending])


def _in_zip(data: bytes) -> str:
    """A document in a zip: without macros, controls, objects and programs inside."""
    try:
        with guarded_zip(io.BytesIO(data), MAX_LISTING) as archive:
            names = [name.lower() for name in archive.namelist()]
    except (HugeListing, zipfile.BadZipFile, ValueError, OSError, RuntimeError, NotImplementedError, EOFError):
        return CONTENT
    programs = _RUNS - _PARTS
    runs = any(_ending(name) in programs or name.endswith("vbaproject.bin") for name in names)
    return RUNS if runs or any("/activex/" in name or "/embeddings/oleobject" in name for name in names) else OK


def _in_ole(data: bytes) -> str:
    """An old Word or PowerPoint file: its directory names a storage with macros. The names are UTF-16 in the directory's entries."""
    return RUNS if any(name.encode("utf-16-le") in data for name in _MACROS) else OK


def words_near(names: tuple[str, ...], text: str) -> dict[str, str]:
    """What the text of a mail says where it names a file or the archive it came in.

    Returns `near` (the part of the line between two separators), `line`, and `before` (the line before it in the same paragraph);
    without a place that names it, nothing.
    """
    wanted = [word for name in names for word in _words_of(name)]
    found: dict[str, list[str]] = {"near": [], "line": [], "before": []}
    lines = text[:200_000].splitlines()
    for number, line in enumerate(lines[:5000]):
        plain = folded(line)
        if not any(word in plain for word in wanted):
            continue
        found["line"].append(line.strip())
        found["near"] += [part.strip() for part in _parts(line) if any(word in folded(part) for word in wanted)]
        if number and lines[number - 1].strip():
            found["before"].append(lines[number - 1].strip())
    return {name: "\n".join(dict.fromkeys(parts)) for name, parts in found.items() if parts}


def _words_of(name: str) -> list[str]:
    whole = folded(name.rsplit("/", 1)[-1])
    stem = whole.removesuffix(_ending(whole))
    return [whole, *([stem] if len(stem) >= 3 else [])]


def _parts(line: str) -> list[str]:
    out = [""]
    for char in line:
        if char in "、，,；;。\t|":
            out.append("")
        else:
            out[-1] += char
    return out
