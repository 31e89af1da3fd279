"""What the words of a heading say where no form has that heading: 最晚完成日期 is a planned day of an end. Pure.

A heading is put together of a noun for the kind of cell (人, 日期, 状态, 部门) and of words that say which (提出, 实际, 计划). A field
means what its role and its own heading say; so a form needs no list of such headings. What the words say counts only with the cells
(`cells_judged`).
"""

from __future__ import annotations

import re
from functools import lru_cache

from collab_xl.forms import Field, Form, load
from collab_xl.model.regex import regex
from collab_xl.read.text import loose

# Meaning → (words that must be there, words that must not).
_PERSON = (
    "(?:人|者|人员|姓名|负责|担当|员)$|人员?姓名|接口人|owner|assign|responsib|person|lead\\b|"
    "leader|resource|developer|resolver|who\\b|accountable|\\bpic$|manager|members?$|in charge|^person$|"
    "^held by$|^own$|谁|by whom|(?:perform|execut|carri)ed (?:out )?by"
)
_RAISES = (
    "提出|提交|反馈|发现|报告|提报|上报|提单|登记|记录|创建|检查|发起|申请|填[报写表]|raised|reported|"
    "logged|identified|author|submit|originat|created|opened|request|detecte?d"
)
_OTHERS = (
    "审[核批]|批准|评审|确认|验收|客户|联系|签|监理|(?:配合|支持|协助|影响到?)谁|谁.{0,3}(?:配合|支持|协助)|"
    "approv|review|client|customer|contact|sponsor|e-?mail|phone|\\bsign|参[与加会]|attend"
)
_DAY = (
    "几号|什么时候|何时|时间|日期|日$|期限|时限|节点|期$|截止|截至|完成$|date|deadline|due|\\bon$|^by\\b|by when|"
    "(?:complete|finish|deliver|resolve|close|fix|solve|need|require)\\w* by\\b|"
    "finish|^from$|^to$|^start|^begin|^end$|plan(?:ned)? (?:start|end)|est\\. ?(?:start|end)|"
    "target (?:start|end)|actual|(?:start|end) ?\\(|预计开始|计划(?:开始|启动|结束)"
)
_BEGIN = "开始|开工|启动|起始|起$|进场|start|begin|^from|kick"
_PLANNED = (
    "几号|什么时候|何时|计划|预计|预定|承诺|限办|要求|期望|希望|目标|截止|截至|最晚|最迟|拟|应|期限|时限|节点|plan|due|deadline|"
    "target|need|requir|expect|schedul|earliest|latest|est\\.|by\\b|estimat"
)
_ACTUAL = "实际|真正|actual|real\\b|completed|finished on|date done"
_ENDED = "关闭|闭环|解决|销项|销号|办结|整改完成|clos(?:ed?|ure|ing)\\b|resolved|resolution|fixed"
_HAPPENS = (
    "提出|发现|登记|上报|反馈|记录|提单|检查|发生|识别|报告|创建|提报|提交|raised|logged|logging|entered|recorded|report(?:ed|ing)|"
    "identified|entry|held|open(?:ed)?\\b|created|submitted|detecte?d|requested"
)
_TIMES_OF_OTHERS = (
    "更新|修改|updat|modif|审[核批]|评审|合同|付款|支付|入职|出生|生日|签|购置|采购日|birth|invoice|review|会议|召开|meeting|held"
)
_NO_STATE = "付款|支付|合同|采购|资金|库存|在职|婚姻|测试|审[核批]|订单|payment|contract|stock|test|invoice|order|description|描述"

MEANINGS: tuple[tuple[str, re.Pattern[str], re.Pattern[str] | None], ...] = tuple(
    (name, regex(must, re.I), regex(never, re.I) if never else None)
    for name, must, never in (
        ("next_step", "下周|下一步|下步|下一?阶段|下月|后续|next step|next week|^next\\b", "时间|date|meeting"),
        ("start", f"(?=.*(?:{_DAY}))(?=.*(?:{_BEGIN}))", f"{_ACTUAL}|{_HAPPENS}|人$|前置"),
        ("raised", f"(?=.*(?:时间|日期|日$|date|\\bon$))(?=.*(?:{_HAPPENS}))", f"{_ACTUAL}|{_PLANNED}|更新"),
        ("finished", f"(?=.*(?:{_DAY}))(?=.*(?:{_ACTUAL}))", f"{_BEGIN}|人$|情况|工时(?!间)|cost|hours|effort|budget|费用|value|%"),
        ("finished", f"(?=.*(?:时间|日期|date|\\bon$))(?=.*(?:{_ENDED}))", f"{_PLANNED}|人$"),
        (
            "due",
            f"(?=.*(?:{_DAY}|上线|交付|release|completion$))(?=.*(?:{_PLANNED}|期限|deadline|due))",
            (
                f"{_BEGIN}|{_ACTUAL}|{_TIMES_OF_OTHERS}|人$|{_HAPPENS}|工时(?!间)|费用|状态|effort|cost|"
                f"hours|person|开始|estimate to|remaining"
            ),
        ),
        (
            "due",
            (
                "^(?:结束|完工|竣工|终止)(?:时间|日期|日)$|^(?:end|finish)(?: date)?$|^to$|^due\\b|"
                "时间要求|(?:交付|上线)(?:时间|日期)$|^completion due"
            ),
            None,
        ),
        ("updated", "更新(?:时间|日期)|last updat|修改(?:时间|日期)", None),
        (
            "departments",
            (
                "(?:配合|协作|涉及|相关|参与|协同|协办|接收).{0,3}(?:部门|单位|科室|团队|方)|"
                "(?:departments?|teams?) (?:involved|affected|concerned)|(?:involved|affected|supporting|"
                "participating) (?:departments?|teams?)"
            ),
            "人$",
        ),
        (
            "asking",
            (
                "(?:提出|提需|需求|发起|申请|来源|业务).{0,2}(?:部门|单位|科室|方$)|(?:request(?:ing|ed|er)?|source|business|"
                "originating)\\b.*(?:dep|unit|team|function)"
            ),
            None,
        ),
        (
            "department",
            (
                "(?:部门|单位|科室|处室|团队|中心|班组|小组)$|^部门|department|\\bdept|^team|^function$|^unit$|"
                "business unit|^group$|\\borg(?:\\.|ani[sz]ation)?$|(?:responsible|owning|lead|delivery) (?:team|unit|group)|\\w team$"
            ),
            (
                "配合|协作|涉及|相关|参与|协同|协办|提出|发起|申请|需求|来源|接收|客户|供应|监理|involved|"
                "affected|request|support|source|name of|head|人$|经理|in the team|size|members?$"
            ),
        ),
        ("raiser", f"(?=.*(?:{_PERSON}|\\bby$|author|submitter|reporter))(?=.*(?:{_RAISES}))", "时间|日期|部门|date|单位"),
        (
            "owner",
            f"{_PERSON}",
            (
                f"{_RAISES}|{_OTHERS}|时间|日期|部门|单位|数|date|人天|人月|人日|主持|召集|组织|status|状态|"
                f"team(?! ?members?$)|unit|dep|required|needed|描述|hours|responsibilities|responsibility|accountability|"
                f"管理员"
            ),
        ),
        ("owner", "^(?:accountability|responsibility|responsible)$", None),
        ("owner", "姓名|name of owner|assignee name|责任落实到人|^(?:action|done|led|owned|handled|driven) by$", f"{_OTHERS}|{_RAISES}"),
        ("host", "主持|召集|组织者|发送人|organi[sz]er|sender|chair", "部门"),
        ("likelihood", "可能性|概率|几率|likelihood|probab|chance", None),
        (
            "impact",
            "影响(?:程度|度|大小|等级|级别)?$|损失(?:程度|大小|等级)$|危害|后果|impact|consequence",
            "范围|描述|area|description|措施",
        ),
        (
            "level",
            (
                "程度|等级|级别|优先级|重要性|紧急|严重|priority|severity|urgency|criticality|importance|"
                "风险值|rating|score|exposure|risk (?:rate|factor|index)\\b"
            ),
            "可能|概率|影响|损失|likelihood|probab|impact|培训|职级|完成程度",
        ),
        (
            "progress",
            "百分比|比例|完成率|进度|完成度|%|percent|pct|progress|completion",
            (
                "状态|计划|说明|of (?:the )?total|占比|target|planned|expected|status|date|时间|日期|due|note|gap|"
                "情况|费用|缺口|updat|阶段|by\\b|进展|estimat|remaining"
            ),
        ),
        (
            "state",
            (
                "状态|状况|^where (?:we are|are we|it (?:is|stands))\\??$|^(?:是否)?(?:已|全部)?(?:完成|关闭|"
                "解决)(?:与否)?[?？吗]$|怎么样了?$|到哪(?:一?步)?了$|^(?:done|finished|completed?) ?\\?$|^stage$|"
                "进展$|执行情况|办理情况$|完成情况$|落实情况$|是否(?:已?完成|关闭|解决)|(?:完成|关闭|解决|落实)与否|"
                "status|\\bstate\\b|open ?/ ?closed"
            ),
            _NO_STATE,
        ),
        (
            "result",
            (
                "本周.*(?:进展|完成|情况)|最新进展|进展(?:说明|情况)|完成情况|落实情况|办理情况|反馈情况|"
                "落实结果|办结情况|工作情况|this week|latest update|progress note|^update|outcome"
            ),
            "下周|时间|日期",
        ),
        (
            "measure",
            (
                "措施|方案$|应对$|响应$|对策|解决办法|处理(?:意见|结果|建议)|策略|resolution$|mitigat|corrective|"
                "treatment|\\bresponses?\\b(?! (?:rate|team|level))|how to (?:prevent|respond|mitigate|avoid|"
                "handle|deal|solve|fix)|solution|control|preventa?tive|"
                "actions? (?:taken|to)|^fix$|remed(?:y|ial)|(?:解决|处理|处置)方法"
            ),
            "时间|日期|date|已尝试|状态|status|due|人$|owner|by\\b|尝试|类型|\\btype$|in place|existing|"
            "current control|现有|已有|future|residual",
        ),
        (
            "support",
            "(?:需|所需|需要).{0,3}(?:支持|协助|协调|支援)|^(?:协助|支持|支援|协调)(?:事项|需求|内容)$|"
            "support (?:needed|required)|help needed",
            None,
        ),
        (
            "deliverable",
            "交付(?:物|件|成果)|产出|输出|成果|deliverable|outputs?\\b|work product|artifact",
            "时间|日期|date|/ ?(?:task|activit|work|item)|部门|due|人$|name$|description",
        ),
        ("way", "方式|渠道|形式|method|channel|medium", "付款|采购|联系"),
        ("people", "参[与会加].{0,2}(?:人|者)|对象|受众|audience|attendees|recipients|participants|stakeholders", None),
        ("frequency", "频率|频次|周期$|frequency|how often|timing|recurrence|cadence|^when\\??$", None),
        ("post", "岗位|角色|职务|职位|role|position|job title", "描述|description"),
        (
            "risk_text",
            "存在.*问题|风险与问题|主要风险|困难|难点|风险点$|risks?(?: ?/ ?issues)?$|issues$|blockers?|obstacles|^concerns?$",
            "等级|编号",
        ),
        (
            "predecessors",
            "前置|紧前|前序|依赖|predecessor|preceden|preceding|先决|prerequisite|depend(?!able)|blocked by",
            "条件说明|日期|时间|date",
        ),
        ("remark", "备注|^说明$|补充说明|其他说明|notes?$|comments?$|remarks?$", "进展|风险"),
        (
            "key",
            (
                "^(?:no|number)\\.? of (?:issue|task|risk|action|requirement)s?$|"
                "编号|单号|代码$|code$|序列号|流水号|[a-z]+号$|(?:任务|问题|风险|需求|计划|事项|项目|缺陷|行动项?)号$|"
                "\\bid$|^id\\b|\\bref\\b|^key$|\\bno\\.?$|#$|number$|^wbs(?: code)?$|"
                "(?<=[\u4e00-\u9fff])(?:no\\.?|id)$"
            ),
            "合同|电话|手机|版本|身份|phone|contract|version|任务ID|行号",
        ),
    )
)


_MORE = (
    "主办|承办|协办|归口|主责|执行|整改|处理|所属|落实|责任|牵头|负责|当前|目前|总体|整体|工作|任务|项目|问题|风险|需求"
    "|会议|待办|事项|最新|本周|主要|建议|完成|时间|日期|期"
)


@lru_cache(1)
def _pieces() -> re.Pattern[str]:
    """Every Chinese word of the table above, the longest first."""
    words = {w for _, must, _ in MEANINGS for w in re.findall("[\u4e00-\u9fff]+", must.pattern)} | set(_MORE.split("|"))
    words.discard("截至")  # 截至日期 may be a slip for 截止日期, or the day of the report: asked about
    return re.compile("|".join(sorted(words, key=lambda w: (-len(w), w))))


@lru_cache(4096)
def has_unknown_rest(heading: str) -> bool:
    """Whether a Chinese heading is more than words that are known here: 负贵部门, but not 主办部门."""
    return bool(re.search("[\u4e00-\u9fff]", _pieces().sub("", loose(heading))))


_NUMBER = regex(r"^(?:\d{1,2}|[①-⑳]|[(（]\d{1,2}[)）])\s*[.、．)）:：]?\s*(?=\D)")
"""The number before a heading: 1.任务, 2) Task."""
_TWO_WORDS = regex(r"(?<=[a-z])(?=[A-Z])")  # ImpactRating
_STOPS = regex(r"[。！？!?；;，]|,(?=\s)|\.(?=\s)|\.$")
_SPEAKS = regex(
    r"^(?:i|we|you|they|the|there|this|it|as an?|if|when|please) |"
    r"\b(?:i|we|is|are|was|were|has|have|had|can|could|should|will|would|must|do|does|want|need to)\b",
    re.I,
)
_ASKS = regex(r"\b(?:what|who|whom|when|where|why|which|how)\b", re.I)
_FEW, _MANY = 4, 9


@lru_cache(4096)
def is_sentence(text: str) -> bool:
    """Whether a text is said in sentences, which no heading is: many words, a verb, a stop. A note in brackets does not count."""
    bare = re.sub(r"[(（\[【][^)）\]】]*[)）\]】]?", " ", text).strip()
    if re.search("[\u4e00-\u9fff]", bare):
        return len(bare) > _MANY and bool(_STOPS.search(bare))
    words = len(bare.split())
    if words <= _MANY and _ASKS.search(bare):
        return False  # What is the issue
    return words > _MANY or (words > _FEW and bool(_SPEAKS.search(bare) or _STOPS.search(bare)))


@lru_cache(4096)
def meanings(heading: str) -> tuple[str, ...]:
    """What the words of a heading may say, the first the best; () for none that is known."""
    text = " ".join(re.sub(r"[(（\[【][^)）\]】]*[)）\]】]?", " ", heading).split()).strip("*＊:： ")
    text = _NUMBER.sub("", _TWO_WORDS.sub(" ", text).casefold())
    if re.search("[\u4e00-\u9fff]", text):
        text = loose(text)
    if "%" in heading and not text.endswith("%"):
        text += "%"
    if not text or len(text) > 40 or is_sentence(text):
        return ()
    return tuple(dict.fromkeys(name for name, must, never in MEANINGS if must.search(text) and not (never and never.search(text))))


_OF_ROLES = {
    "owner": "owner",
    "start": "start",
    "due": "due",
    "finished": "finished",
    "raised": "raised",
    "updated": "updated",
    "key": "key",
    "department": "department",
    "departments": "departments",
    "status": "state",
    "progress": "progress",
    "level": "level",
    "measure": "measure",
    "result": "result",
    "next_step": "next_step",
    "support": "support",
    "predecessors": "predecessors",
}


@lru_cache(1024)
def _meaning(role: str, zh: str, en: str, kind: str) -> str:
    if role in _OF_ROLES and not (role == "owner" and "host" in meanings(zh)):
        return _OF_ROLES[role]
    said = [m for m in (*meanings(zh), *meanings(en)) if m in _KINDS and kind in _KINDS[m]]
    return said[0] if said else ""


_TEXTS = ("text", "longtext")
_KINDS: dict[str, tuple[str, ...]] = {
    "raiser": ("person",),
    "host": ("person",),
    "asking": ("department",),
    "likelihood": ("choice",),
    "impact": ("choice",),
    "level": ("choice",),
    "deliverable": _TEXTS,
    "way": _TEXTS,
    "people": _TEXTS,
    "frequency": _TEXTS,
    "post": _TEXTS,
    "risk_text": _TEXTS,
    "remark": _TEXTS,
    "result": _TEXTS,
    "measure": _TEXTS,
}


def meaning_of(field: Field) -> str:
    """The meaning of a field, "" for one that only its own headings name. Computed fields have none."""
    if field.access == "C" and field.role not in ("updated", "level"):
        return ""
    return _meaning(field.role, field.heading["zh"], field.heading["en"], field.kind)


_TITLE_TAIL = regex(
    (
        r"(?:名称|描述|内容|事项|标题|任务|工作|概述|简述|摘要|说明|项|点|步骤|活动|里程碑|功能点?|"
        r"模块|现象|影响|明细|事件|(?<![姓人])名)$|name$|description|details?$|summary|statement|title|milestone|feature|"
        r"work package|tasks?$|activit(?:y|ies)$|work items?$|stor(?:y|ies)$|epics?$|steps?$"
    ),
    re.I,
)
_NO_TITLE = regex(
    (
        r"时间|日期|人$|方$|详细|编号|状态|部门|单位|结果|要求|类[别型]|数量|措施|进展|计划$|id$|"
        r"date|owner|status|type|number|cost|budget|approv|assign|解决|下周|本周(?!的?(?:工作)?任务$)|处理|备注|"
        r"完成|版本|预期|(?<!风险)说明书|category|priority|phase|completed|resolution|decision|by$|#|taken|"
        r"to resolve|corrective|前置|紧前|前序|依赖|predecessor|prerequisite|depend|"
        r"^项目名称$|^project(?:/program)?(?:name|title)$"
    ),
    re.I,
)


@lru_cache(64)
def _own_words(*headings: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(w for h in headings for w in re.findall(r"[a-z]{4,}|[\u4e00-\u9fff]{2}", h.casefold())))


def _about(form: Form) -> tuple[str, ...]:
    """The words of the title's own heading, for a form that does not list what it is about: 风险 and 描述 of 风险描述."""
    return tuple(w for w in _own_words(*form.field(form.id_of("title")).heading.values()) if not _TITLE_TAIL.search(w))


def named_in(form: Form, title: str) -> bool:
    """Whether a sheet's name or a title has a word for what the rows of the form are about."""
    text = loose(title)
    return any(loose(word) in text for word in form.about or _about(form))


def in_its_name(form: Form, heading: str) -> bool:
    """Whether a heading is a word of what a list of the form is called: Plan in a communication plan."""
    return loose(heading) in {loose(w) for n in (*form.aliases, *form.sheet.values(), *form.title.values()) for w in n.split()}


def says_title(form: Form, heading: str) -> float:
    """How much a heading sounds like what the rows of a form are about: 1 for its words with a noun, 0.5 for a noun alone, 0.3 for
    a noun with the words of another form, 0 for neither."""
    return _title_said(form.id, form.about or _about(form), heading)


def is_put_together(form: Form, heading: str) -> bool:
    """Whether a heading is a noun with a word for what the rows of the form are about (Bug标题, 风险说明), and not that word alone."""
    text = loose(heading)
    rests = (text.replace(loose(word), "", 1) for word in form.about or _about(form) if loose(word) in text)
    return says_title(form, heading) >= 1 and any(len(rest) > 1 for rest in rests)


@lru_cache(8192)
def _title_said(form_id: str, about: tuple[str, ...], heading: str) -> float:
    heading = _NUMBER.sub("", " ".join(re.sub(r"[(（\[【][^)）\]】]*[)）\]】]?", " ", heading).casefold().split()).strip("*＊:： "))
    text = loose(heading)
    if not text or _NO_TITLE.search(text) or is_sentence(heading):
        return 0.0
    own = any(loose(word) in text for word in about)
    noun = bool(_TITLE_TAIL.search(text if re.search("[\u4e00-\u9fff]", text) else heading))
    if noun and not own and _of_another(form_id, text):
        return _HARDLY  # Task name is not what a problem log is about
    return 1.0 if own and noun else 0.7 if own else 0.5 if noun else 0.0


_HARDLY = 0.3


@lru_cache(4096)
def _of_another(form_id: str, text: str) -> bool:
    return any(loose(word) in text for other in load().forms if other.id != form_id for word in other.about or _about(other))


_FORMS: dict[int, tuple[Form, tuple[tuple[str, str], ...]]] = {}


def fields_said(form: Form, heading: str) -> dict[str, float]:
    """Field → how surely the words of the heading name it (1 surely, less for a later meaning). The title is left out: `says_title`."""
    known = _FORMS.get(id(form))
    if known is None or known[0] is not form:
        known = _FORMS[id(form)] = (form, tuple((f.id, meant) for f in form.fields if (meant := meaning_of(f))))
    said = _said(known[1], heading)
    if form.key.id in said and _names_another(form, heading):
        return {f: v for f, v in said.items() if f != form.key.id}  # Issue ID is not the ID of a risk
    return said


def _names_another(form: Form, heading: str) -> bool:
    text = loose(heading)
    return not any(loose(word) in text for word in form.about or _about(form)) and _of_another(form.id, text)


@lru_cache(8192)
def _said(fields: tuple[tuple[str, str], ...], heading: str) -> dict[str, float]:
    said = meanings(heading)
    out: dict[str, float] = {}
    own = {meant for _, meant in fields}
    for field, meant in fields if said else ():
        if meant in said:
            out[field] = 1.0 if meant == said[0] else 0.8
        elif (near := _NEIGHBOURS.get(meant, "")) in said and near not in own:
            out[field] = 0.8
    return out


_NEIGHBOURS = {"impact": "level", "level": "impact", "host": "owner", "departments": "department", "asking": "department"}
"""A field takes a column whose words are a little wider, where the form has no field of those words."""


_KINDS_OF_THINGS = (
    "类型|类别|分类|种类|阶段|模块|系统|版本|地区|区域|城市|产品|环境|来源|type|categor|\\bclass|\\bkind|module|component|phase|"
    "意见|评价|opinion|feedback|stage|^项目(?:名称)?$|^projects?$|area|region|location|product|system|"
    "environment|version|sprint|strategy|trigger|consequence|impact|probab"
)


_A_DAY = regex(r"(?:工作|任务|计划|安排|对应)?(?:时间|日期)(?:安排)?|dates?|when|days?$", re.I)


def says_day(heading: str) -> bool:
    """Whether a heading says no more than that there are days below it."""
    return bool(_A_DAY.fullmatch(loose(heading)))


def speaks_of_others(heading: str) -> bool:
    """Whether a heading names no people who do the work: who raised, approved, signed; or kinds of things."""
    return bool(re.search(f"{_RAISES}|{_OTHERS}|{_KINDS_OF_THINGS}", heading, re.I))
