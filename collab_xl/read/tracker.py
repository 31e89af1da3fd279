"""Decide whether a row of headings is a tracker of a form or another list. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise

from collab_xl.forms import Form
from collab_xl.model.regex import regex
from collab_xl.read.heading_words import is_put_together
from collab_xl.read.headings import ALIAS, COMPOSED, VARIANT_OWN, Matching, fold, is_sequence, lexicon, unnoted

# Headings that any list may have. Alone they are no tracker.
_ANYWHERE = frozenset(
    {
        *(
            "id",
            "no",
            "name",
            "title",
            "description",
            "notes",
            "comments",
            "remark",
            "remarks",
            "department",
            "dept",
            "team",
            "status",
            "state",
            "date",
            "result",
            "results",
        ),
        *("编号", "名称", "备注", "说明", "其他", "部门", "状态", "结果"),
    }
)


_BY_WORDS = 4
"""So many columns whose words and cells say the same are a tracker without any heading of ours."""
_ENOUGH, _TWO = 2.5, 2
_SLIP = 0.75
"""What counts a heading that is one of ours with a slip of the hand: it is asked about."""
_LESS = 0.25
"""What a heading that no form has counts less than one of ours."""

# Columns that task boards have in addition to Name, Person, Status, and lists of people or things do not.
_BOARD = frozenset({"priority", "优先级", "subitems", "timeline", "sprint", "epic"})

# Lists of meeting actions (docs/facts/domain.md, Other forms people keep) have headings of a task list but are none:
# a heading that only they have, and other headings they may have.
_MEETING = frozenset({"会议", "会议名称", "会议主题", "来源会议", "meeting", "meetingname", "sourcemeeting"})
_MEETING_DAY = frozenset({"会议日期", "会议时间", "召开日期", "召开时间", "meetingdate", "dateofmeeting"})
_MEETING_ITEMS = frozenset({"待办事项", "议题", "决议", "actionitem", "action", "agenda"})


def other_form(matching: Matching) -> bool:
    """Whether the headings are those of another form: one of them is unknown to this form and belongs to that one."""
    unknown = {unnoted(h) for h in matching.extra.values()}
    if unknown & _MEETING and unknown & _MEETING_DAY:
        return True
    return bool(unknown & _MEETING and (unknown | {unnoted(m.heading) for m in matching.mapped}) & _MEETING_ITEMS)


_OTHER_REGISTER = regex(
    "变更|决策|假设|干系人|相关方|通讯录|用例|修订|版本记录|预算|考勤|资产|设备|采购|术语|"
    "change|decision|assumption|stakeholder|contact|test case|revision|version hist|budget|timesheet|asset|glossary|procurement",
    re.I,
)


_OTHER_HEADING = regex(
    r"^(?:(?:测试)?用例|测试步骤)(?:编号|名称|描述|标题|类型|等级|ID)?$|^test ?(?:case|step)s?(?: (?:id|no\.?|name|title|desc\w*))?$", re.I
)


_OF_PEOPLE = regex(
    r"^(?:stakeholders?|contacts?|team|glossary|干系人|相关方|通讯录|术语)(?: ?(?:register|list|登记册|登记表|清单|名单|表))?$", re.I
)


def of_people(title: str) -> bool:
    """Whether a sheet is called a list of people or of words: whatever its headings are, it is none of our forms."""
    return bool(_OF_PEOPLE.match(title.strip()))


_BESIDE = regex(
    r"definition|legend|scale|matrix|lookup|drop.?down|options?\b|lists?$|settings?|config|instruction|"
    r"read ?me|guide|example|chart|dashboard|"
    r"summary|likelihood|probability|impact|consequence|level|图例|说明|字典|参数|选项|基础数据|填写|示例|"
    r"样例|首页|封面|目录|汇总|统计|图$",
    re.I,
)


def is_beside(sheet: str) -> bool:
    """Whether a sheet is called something that stands beside a list in its file: a legend, a scale, instructions, people."""
    return of_people(sheet) or bool(_BESIDE.search(sheet))


def other_register(titles: Sequence[str], headings: Iterable[str]) -> bool:
    """Whether the sheet's name, a title or another heading names a list that is none of our forms. It counts only where nothing else names
    the form."""
    return any(_OTHER_REGISTER.search(t) for t in titles[:4]) or any(_OTHER_HEADING.search(h.strip()) for h in headings)


def qualifies(form: Form, matching: Matching, titled: bool, lang: str) -> bool:
    composed = sum(m.target.quality <= COMPOSED for m in matching.mapped)
    count: float = len(matching.mapped) + len(matching.either) - _LESS * composed
    count += len(matching.unlike)
    named = len(matching.mapped) - composed + len(matching.either) + len(matching.unlike)
    numbered = titled and any(is_sequence(h) for h in matching.extra.values())  # 序号, 需求内容 in a list of requirements
    if other_form(matching) or (composed and named + numbered < 1 and composed < _BY_WORDS):
        return False
    if form.id_of("title") in matching.fields:
        telling = sum(fold(m.heading) not in _ANYWHERE for m in matching.mapped)
        telling += bool(_BOARD & {fold(h) for h in matching.extra.values()})
        if not titled and telling < 2 and vaguely_named(form, matching):
            return False  # 编号, 名称, 备注: a list of anything
        titles = [m for m in matching.mapped if m.field == form.id_of("title")]
        own = any(
            m.target.quality >= VARIANT_OWN or (m.target.quality >= ALIAS and is_put_together(form, m.heading)) for m in titles
        )  # 任务名称 and 截止时间 are enough, and Bug标题 and 优先级
        if count < _ENOUGH:
            lex = lexicon(form, lang)
            count += _SLIP * min(2, sum(lex.is_slip(h) and bool(lex.near(h, matching.fields)) for h in matching.extra.values()))
        if titled and count + numbered + _LESS * composed >= _TWO:
            return True
        return count >= _ENOUGH or (count == 2 and (_names_its_key(form, matching) or (own and telling == 2)))
    return titled and form.key.id in matching.fields and count >= 4 and sum(m.target.quality >= ALIAS for m in matching.mapped) >= 3


def is_anywhere(heading: str) -> bool:
    """Whether any list may have the heading (Name, Result, 状态)."""
    return fold(heading) in _ANYWHERE


def vaguely_named(form: Form, matching: Matching) -> bool:
    """Whether the title is a heading that any list may have (Name, Description, 名称)."""
    return any(m.field == form.id_of("title") and is_anywhere(m.heading) for m in matching.mapped)


def composed_title(form: Form, matching: Matching) -> bool:
    """Whether no heading of ours but words and cells name what the rows are about."""
    return any(m.field == form.id_of("title") and m.target.quality <= COMPOSED for m in matching.mapped)


def nearly(form: Form, matching: Matching, titled: bool) -> bool:
    """Headings of a tracker without a title: owner, department or status and a date, in words that no other list uses; where the sheet
    names the form, any of its fields."""
    if form.id_of("title") in matching.fields or other_form(matching):
        return False
    telling = {f for m in matching.mapped if fold(m.heading) not in _ANYWHERE for f in m.fields}
    kinds = {form.field(f).kind for f in telling}
    if titled and telling:
        return len(telling) > 1 or any(m.target.quality > COMPOSED for m in matching.mapped)
    return len(telling) >= 3 and "date" in kinds and bool(kinds & {"person", "department", "departments", "choice"})


def _names_its_key(form: Form, matching: Matching) -> bool:
    """Whether the heading of the ID names the form (任务ID, not just ID)."""
    return any(m.field == form.key.id and fold(m.heading) not in ("id", "编号", "no") for m in matching.mapped)


def label_values(matching: Matching, line: dict[int, str], first: int, last: int) -> bool:
    """Whether the row is label, value, label, value: the head of a form, not headings of a table."""
    filled = [c for c in range(first, last + 1) if c in line]
    mapped = {m.col for m in matching.mapped} | set(matching.unlike)
    apart = not any(a in mapped and b in mapped for a, b in pairwise(filled))
    return apart and len(filled) > _TWO <= len(mapped) and len(filled) - len(mapped) >= len(mapped) - 1
