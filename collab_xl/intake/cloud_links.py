"""Attachments that are only links: mail services keep large files on their servers, and people share sheets. Pure."""

from __future__ import annotations

import re

from collab_xl.model.regex import regex

_SERVICES = (
    ("qq", r"(?:(?:wx|mail|exmail)\.)?(?:mail|exmail)?\.?qq\.com/(?:cgi-bin/ftn|ftn/|d/ftn)"),
    (
        "netease",
        r"(?:u\.163\.com/|fs\.163\.com/|(?:\w+\.)?mail\.(?:163|126|yeah)\.(?:com|net)/large-attachment|dashi\.163\.com/html/cloud-attachment)",
    ),
    ("netease", r"(?:mail\.)?qiye\.163\.com/(?:large|netdisk|share)"),
    ("aliyun", r"(?:qiye\.aliyun\.com|mail\.aliyun\.com|mail\.mxhichina\.com)/[\w/]*(?:attach|netdisk|share|bigfile)"),
    ("microsoft", r"(?:[\w-]+\.sharepoint\.(?:com|cn)/|1drv\.ms/|onedrive\.live\.com/)"),
    ("google", r"(?:drive\.google\.com/(?:file|open|drive)|docs\.google\.com/spreadsheets)"),
    ("tencent_docs", r"docs\.qq\.com/(?:sheet|doc|form|s/)"),
    ("wps", r"(?:www\.)?kdocs\.cn/(?:l|view|p)/"),
    ("feishu", r"[\w-]+\.(?:feishu\.cn|larksuite\.com)/(?:sheets|file|base|wiki|drive)"),
    ("dingtalk", r"(?:alidocs\.dingtalk\.com/i/|space\.dingtalk\.com/)"),
    ("baidu", r"pan\.baidu\.com/s"),
)
"""Id of a service (`intake.cloud.<id>` in the catalogue) → how a link to a file there begins, after https://."""
_LINK = regex(
    "https?://(?:" + "|".join(f"(?P<s{n}>{pattern})" for n, (_, pattern) in enumerate(_SERVICES)) + r")[^\s<>\"'）)】]{0,400}",
    re.IGNORECASE,
)


def found_in(text: str, *, attached: bool = False) -> tuple[str, str]:
    """(key of the service's name in the catalogue, the first link); ("", "") if there is none.

    Args:
        attached: the first line is an attachment that Outlook left on a server; which one does not matter.
    """
    found = _LINK.search(text)
    if found is None:
        return ("model.reason.cloud_microsoft", text.split("\n", 1)[0]) if attached else ("", "")
    number = next(int(name[1:]) for name, value in found.groupdict().items() if value)
    return f"model.reason.cloud_{_SERVICES[number][0]}", found[0]
