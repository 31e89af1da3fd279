"""Check that the ribbon XML, the VBA and the labels fit together. Excel ignores a whole ribbon because of one fault and reports nothing.

In: the sources.  Out: nothing, or CollabError `addin_source` with the line.  Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from lxml import etree

from collab_xl.addin.sources import Sources, refuse

FILE, VBA = "customUI14.xml", "CollabRibbon.bas"
NAMESPACE = "http://schemas.microsoft.com/office/2009/07/customui"
SHOWN = frozenset({"tab", "group", "menu", "button"})
PREFIX, MESSAGE = "Collab", "CollabMsg"
COMMAND = re.compile(r"import collab_xl\.addin\.ribbon; collab_xl\.addin\.ribbon\.run\('([a-z]+)'\)")
PROCEDURE = re.compile(r"^(?:Public )?Sub (\w+)\((.*?)\)", re.MULTILINE)
CONTROL = "ByVal control As IRibbonControl"
SIGNATURES = {"onAction": CONTROL, "get": f"{CONTROL}, ByRef returnedVal As Variant"}


def verify(sources: Sources) -> None:
    """Raise CollabError `addin_source` for the first fault.

    Required: ids are unique and start with `Collab` · exactly one of label/getLabel, and on a button of screentip/getScreentip and
    supertip/getSupertip and one image · key tips of 1 to 3 capitals, none of them the beginning of another · every callback is a public Sub
    with the right arguments · a text for every control and message, and no unused text · every command has the one allowed form.
    """
    elements = list(_elements(sources.ribbon))
    _ids(elements)
    for element in elements:
        _one_of_each(element)
    _key_tips(elements)
    vba = next(m.text for m in sources.modules if m.name == "CollabRibbon")
    _callbacks(elements, vba)
    _commands(vba)
    _texts(elements, vba, sources)


def _elements(data: bytes) -> Iterator[etree._Element]:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        refuse(FILE, error.lineno or 1, "not_xml", detail=error.msg)
    if root.tag != f"{{{NAMESPACE}}}customUI":
        refuse(FILE, 1, "not_ribbon")
    for element in root.iter(etree.Element):
        if etree.QName(element).localname in SHOWN:
            yield element


def _line(element: etree._Element) -> int:
    line: object = element.sourceline
    return line if isinstance(line, int) else 1


def _ids(elements: Sequence[etree._Element]) -> None:
    seen: set[str] = set()
    for element in elements:
        name = element.get("id", "")
        if not name.startswith(PREFIX):
            refuse(FILE, _line(element), "not_ours", detail=name)
        if name.casefold() in seen:
            refuse(FILE, _line(element), "twice", detail=name)
        seen.add(name.casefold())


def _one_of_each(element: etree._Element) -> None:
    kind = etree.QName(element).localname
    choices: list[tuple[str, ...]] = [("label", "getLabel")]
    if kind == "button":
        choices += [("screentip", "getScreentip"), ("supertip", "getSupertip"), ("image", "imageMso", "getImage"), ("onAction",)]
    for choice in choices:
        if sum(name in element.attrib for name in choice) != 1:
            refuse(FILE, _line(element), "one_of", detail=choice)


def _key_tips(elements: Sequence[etree._Element]) -> None:
    tips: dict[str, etree._Element] = {}
    for element in elements:
        if etree.QName(element).localname != "button":
            continue
        tip = element.get("keytip", "")
        if not re.fullmatch("[A-Z]{1,3}", tip):
            refuse(FILE, _line(element), "key_tip", detail=tip)
        if any(tip.startswith(other) or other.startswith(tip) for other in tips):
            refuse(FILE, _line(element), "key_tip_taken", detail=tip)
        tips[tip] = element


def _callbacks(elements: Sequence[etree._Element], vba: str) -> None:
    procedures = dict(PROCEDURE.findall(vba))
    for element in elements:
        for attribute, value in element.attrib.items():
            wanted = SIGNATURES.get("get" if str(attribute).startswith("get") else str(attribute))
            if wanted is None:
                continue
            if not str(value).startswith(PREFIX):
                refuse(FILE, _line(element), "not_ours", detail=value)
            if procedures.get(str(value)) != wanted:
                refuse(FILE, _line(element), "no_callback", detail=value)


def _commands(vba: str) -> None:
    for line, content in enumerate(vba.split("\r\n"), 1):
        if re.match(r"\s*CollabRun\s", content) and not re.match(rf'\s*CollabRun "{COMMAND.pattern}", control\.ID, (True|False)$', content):
            refuse(VBA, line, "command")


def _texts(elements: Sequence[etree._Element], vba: str, sources: Sources) -> None:
    labels = {label.id: label for label in sources.labels}
    for element in elements:
        name = element.get("id", "")
        label = labels.get(name)
        if label is None or ("getSupertip" in element.attrib and not label.tip_zh):
            refuse(FILE, _line(element), "no_label", detail=name)
    named = {element.get("id") for element in elements}
    spoken = set(re.findall(rf'"({MESSAGE}\w+)"', vba))
    for message in sorted(spoken - labels.keys()):
        refuse(VBA, vba[: vba.index(f'"{message}"')].count("\r\n") + 1, "no_label", detail=message)
    for line, name in enumerate(labels, 2):
        if name not in named | spoken:
            refuse("labels.csv", line, "label_unused", detail=name)
