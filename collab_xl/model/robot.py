"""Group robots: which services there are, and one text that was posted, or is to be. The ledger keeps it; undo leaves it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from collab_xl.model.outgoing import MailKind, MailState
from collab_xl.model.record import Struct


class Robot(StrEnum):
    WECOM = "wecom"
    DINGTALK = "dingtalk"
    FEISHU = "feishu"


WORDS = {
    Robot.WECOM: ("wecom", "企业微信", "企微"),
    Robot.DINGTALK: ("dingtalk", "钉钉"),
    Robot.FEISHU: ("feishu", "lark", "飞书"),
}
"""How a person may write each, in lower case."""
TELLS = {MailKind.CHASE: "robot_chase", MailKind.ESCALATION: "robot_escalate", MailKind.WEEK: "robot_week"}
"""What a robot can be told of → the setting that lists the robots."""


def robots_in(said: str) -> tuple[Robot, ...] | None:
    """`企业微信、飞书` → the robots, each once; () for blank or 无; None if a word is no robot."""
    words = [word for word in re.split(r"[\s、,，;；/+]+", said.strip().casefold()) if word]
    if words in (["无"], ["none"], ["-"]):
        return ()
    found = [next((robot for robot, names in WORDS.items() if word in names), None) for word in words]
    known = [robot for robot in found if robot is not None]
    return tuple(dict.fromkeys(known)) if len(known) == len(found) else None


class Post(Struct, frozen=True):
    """One text for one group. `planned` → `sending` → `sent` or `unknown`; back to `planned` where the service refused it."""

    robot: Robot
    kind: MailKind
    text: str
    about: tuple[str, ...]
    """What it tells: each is told to a robot once."""
    planned_at: datetime
    state: MailState = MailState.PLANNED
    reason: str = ""
    """What the service answered, if it refused the text or it is not certain."""

    @property
    def id(self) -> str:
        return post_id(self.robot, self.about)


def post_id(robot: Robot, about: Sequence[str]) -> str:
    return f"robot:{robot}:{hashlib.sha256(chr(0).join(about).encode()).hexdigest()[:24]}"
