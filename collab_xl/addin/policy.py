"""What Windows and Office forbid on this machine, read from the registry. Pure: the registry is an argument.

Sources: Windows policy "Prevent access to the command prompt" (DisableCMD), Defender's attack surface reduction rule "Block all Office
applications from creating child processes" (from the domain and from Intune), AppLocker (SrpV2), the Office administrative templates
(Excel: Security, Trust Center; Office: VbaOff), also as policies of Microsoft's cloud, and Excel's list of add-ins that it disabled after a
crash (Resiliency).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from collab_xl.addin.build import NAME
from collab_xl.addin.machine import Registry
from collab_xl.model.checkup import Line, note, todo, well

CMD = r"Software\Policies\Microsoft\Windows\System"
CHILDREN_RULE = "d4f940ab-401b-4efc-aadc-ad5f3c50688a"
CHILDREN = (
    r"HKLM\SOFTWARE\Policies\Microsoft\Windows Defender\Windows Defender Exploit Guard\ASR\Rules",
    r"HKLM\SOFTWARE\Microsoft\Windows Defender\Windows Defender Exploit Guard\ASR\Rules",
)
INTUNE = r"HKLM\SOFTWARE\Policies\Microsoft\Windows Defender\Policy Manager"
"""Where Intune writes the same rules, as one text: value ASRRules, `rule=1|rule=2`."""
CLOUD = r"Software\Policies\Microsoft\Cloud\Office\16.0"
CHOICES = r"Software\Microsoft\Office\16.0"
OFFICE = CLOUD, r"Software\Policies\Microsoft\Office\16.0", CHOICES
"""Policies first, those of Microsoft's cloud before those of the company's domain: they override the choices of the user. 16.0 is Office
2016 and every later version."""
APPLOCKER = r"HKLM\SOFTWARE\Policies\Microsoft\Windows\SrpV2\Exe"
TYPES = r"HKCU\Software\Microsoft\Windows\CurrentVersion\Explorer\FileExts\.xlsx\UserChoice"
"""Which program this user opens .xlsx files with."""


def policy_lines(registry: Registry) -> Iterator[Line]:
    """Lines about starting Python from Excel (`cmd`, `programs`), about macros (`macros`, `internet`), about disabled add-ins (`disabled`)
    and about the program that opens .xlsx files (`opens`)."""
    yield from _starting(registry)
    if _number(registry(APPLOCKER).get("EnforcementMode")) == 1:
        yield note("programs", "applocker", "applocker_fix")
    yield from _macros(registry)
    if _policy(registry, r"\Excel\Security", "BlockContentExecutionFromInternet") == 1:
        yield note("internet", "internet_macros")
    if re.match(r"(?i)ket\b|et\.|wps|kwps", str(registry(TYPES).get("ProgId", ""))):
        yield note("opens", "wps", "wps_fix")
    listed = any(
        isinstance(value, bytes) and NAME.encode("utf-16-le") in value.lower()
        for value in registry(rf"HKCU\{CHOICES}\Excel\Resiliency\DisabledItems").values()
    )
    if listed:
        yield todo("disabled", "switched_off")


def _number(value: object) -> int:
    """A DWORD, or a number stored as text; 0 for anything else."""
    try:
        return int(value)  # type: ignore[call-overload, no-any-return]
    except (TypeError, ValueError):
        return 0


def _policy(registry: Registry, path: str, name: str) -> int:
    """The number in force: policies before choices, and for each the machine's value before the user's; 0 if none is set."""
    for root in OFFICE:
        for hive in ("HKLM", "HKCU"):
            values = {k.lower(): v for k, v in registry(rf"{hive}\{root}{path}").items()}
            if name.lower() in values:
                return _number(values[name.lower()])
    return 0


def _starting(registry: Registry) -> Iterator[Line]:
    forbidden = max(_number(registry(rf"{hive}\{CMD}").get("DisableCMD")) for hive in ("HKCU", "HKLM"))
    rules = [{k.lower().strip("{}"): _number(v) for k, v in registry(key).items()}.get(CHILDREN_RULE, 0) for key in CHILDREN]
    pushed = dict(entry.lower().split("=", 1) for entry in str(registry(INTUNE).get("ASRRules", "")).split("|") if "=" in entry)
    rules.append(_number({key.strip(" {}"): value for key, value in pushed.items()}.get(CHILDREN_RULE)))
    rule = next(filter(None, rules), 0)
    if forbidden == 1:
        yield todo("cmd", "cmd_forbidden")
    if rule == 1:
        yield todo("cmd", "children_forbidden")
    if rule == 6:
        yield note("cmd", "children_warned")
    if forbidden == 2:  # batch files run, a command window does not open; only a start shows which of them a button's command is
        yield note("cmd", "cmd_limited")
    if not forbidden and rule not in (1, 6):
        yield well("cmd", "cmd_allowed")


def _macros(registry: Registry) -> Iterator[Line]:
    excel = r"\Excel\Security"
    if _policy(registry, r"\Common", "VbaOff") == 1:
        yield todo("macros", "vba_off")
        return
    if _policy(registry, excel, "DisableAllAddins") == 1:
        yield todo("macros", "addins_off")
        return
    if _policy(registry, excel, "RequireAddinSig") == 1:
        yield todo("macros", "addins_signed")
        return
    if _policy(registry, rf"{excel}\Trusted Locations", "AllLocationsDisabled") != 1:
        yield well("macros", "macros_trusted")
        return
    warnings = _policy(registry, excel, "VBAWarnings")
    if warnings == 1:
        yield well("macros", "macros_allowed")
    elif warnings == 3:
        yield todo("macros", "addins_signed")
    elif warnings == 4:
        yield todo("macros", "macros_off")
    else:
        yield note("macros", "macros_asked")
