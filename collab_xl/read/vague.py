"""Words about time that name no day: a length (10天, 2 weeks), or relative, open or approximate (下周, 3月上旬, Q3). Pure."""

from __future__ import annotations

import re

from collab_xl.model.regex import regex

_NUMBER = r"(?:\d{1,3}(?:\.\d+)?|[一二两三四五六七八九十半]{1,3})(?:\s*[-~至到]\s*\d{1,3})?"
LENGTH = regex(
    rf"(?:约|共|大约|工期|为期|用时|历时)?\s*{_NUMBER}\s*(?:个?工作日|个?自然日|日历天|天|个?(?:星期|礼拜)|周|个半?月|个季度|年|个?小时|人天|人日|人月"
    r"|d|days?|(?:work(?:ing)?|business|calendar)\s*days?|w|wks?|weeks?|mos?|mons?|months?|h|hrs?|hours?|y|yrs?|years?)$",
    re.I,
)
"""`10日` is the tenth and `3月` is March; they are no lengths."""

_CHINESE = (
    r"[今昨明前后当每近][天日周月季年]|[本上下这]个?[周月年季旬]|周[一二三四五六日天]|星期|礼拜|第.{1,6}[周天月期]|[上中下]旬|季度|半年|年度|全年"
    r"|近期|短期|长期|持续|尽快|尽早|立即|马上|随时|滚动|常态|不定|阶段|同步|视情|待|等|左右|大概|大约|约|上下|\d+\s*[天周日]内|[个几数多]|以?内$"
    r"|月份?$|月[底末初中]|[年季]度?[末底初中]|^\d{4}年?$|^[~-]?\d{1,2}[日号]|\d天$|之?后$|以后|起$|开始$|启动"
    r"|元旦|春节|清明|五一|端午|中秋|国庆|十一$|双十一|六一|节[前后]|农历|阴历|腊月|正月|初[一二三四五六七八九十]|除夕|暑假|寒假"
)
_ENGLISH = (
    r"\bQ[1-4]\b|Q[1-4]$|^\d{4}[./-](?:0?[1-9]|1[0-2])$|^(?:0?[1-9]|1[0-2])[./-]\d{4}$|\b(?:week|month|day|year|quarter)s?\b|\bw(?:k|eek)?\s*\d|^\d{4}\s*W\d|today|yesterday"
    r"|tomorrow|asap|soon|ongoing|next|last\b|\b(?:mid|early|late|around|about|approx|after|once|when|upon|every|each|pending|daily|weekly|monthly)\b"
    r"|^(?:by\s+)?(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?$|^(?:by\s+|end\s+of\s+)?"
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
    r"[\s,./'-]*(?:\d{4})?$|\beo[dwmqy]\b|\bend of\b|\bas soon as\b|^[TDWM]\s*[+-]\s*\d|^FY\s*\d"
)
VAGUE = regex(f"{_CHINESE}|{_ENGLISH}", re.I)
