"""The verbs `robot set` and `robot test`: the robot of the PMO's group in 企业微信, 钉钉 or 飞书 (decision 0039)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

from collab_xl.catalogue import COMMA, text
from collab_xl.errors import OK, REFUSED, CollabError
from collab_xl.mail.robot import SIGNED, Hook, NotPosted, checked, example, hook_of, keep_hook, post, variables
from collab_xl.model.plan import Plan
from collab_xl.model.robot import TELLS, Robot, robots_in
from collab_xl.model.similar import meant
from collab_xl.project.run import Where
from collab_xl.settings import robots_named
from collab_xl.verbs.next_step import NextStep
from collab_xl.verbs.report import Report
from collab_xl.verbs.session import Session, opened
from collab_xl.verbs.sheets.settings_rows import added_rows, set_values

VERSION = "collab-xl/robot/1"


def robot_set(where: Where, robot: str, *, secret: Callable[[str], str] | None = None, as_of: date, lang: str | None) -> Report:
    """Verb `robot set`: keep the webhook of a robot in the keyring, name the robot on sheet 设置, and post one line into its group.

    Args:
        robot: wecom, dingtalk, feishu, or the Chinese name.
        secret: asks a person for the webhook's address, with nothing shown; None if nobody can be asked.

    Raises CollabError `usage_robot` (exit 2), `robot_address`, `robot_no_keyring`, `settings_full`.
    """
    with opened(where, write=True, as_of=as_of, lang=lang) as session:
        lang, project = session.lang, session.master.project_id
        named = robots_in(robot) or ()
        if len(named) != 1:
            raise CollabError("usage_robot", exit_code=2, text=robot, words=tuple(Robot), meant=meant(robot, tuple(Robot)), lang=lang)
        (which,) = named
        lines = []
        if secret is not None:
            name = text(f"model.robot.{which}", lang)
            address = secret(text("mail.robot.ask_address", lang, robot=name, example=example(which))).strip()
            signing = secret(text("mail.robot.ask_secret", lang, robot=name)).strip() if address and which in SIGNED else ""
            if address:
                keep_hook(checked(Hook(which, address, signing), lang), project, lang)
                lines.append(text("mail.robot.kept", lang))
        plan = _plan(session, which)
        run = session.master.commit(session.record("robot_set", summary={"robot": str(which)}), plan) if plan else None
        lines.insert(0, text("mail.robot.set", lang, robot=text(f"model.robot.{which}", lang), sheet=session.sheet_of("settings")))
        return _tested(session, [which], lines, run, missing_is_refused=False)


def robot_test(where: Where, *, as_of: date, lang: str | None) -> Report:
    """Verb `robot test`: post one line into the group of each robot that sheet 设置 names. Raises CollabError `robot_not_set`."""
    with opened(where, write=False, as_of=as_of, lang=lang) as session:
        named = robots_named(session.settings)
        if not named:
            raise CollabError("robot_not_set", file=session.path.name, lang=session.lang)
        return _tested(session, named, [], None, missing_is_refused=True)


def _tested(session: Session, robots: Sequence[Robot], lines: list[str], run: str | None, *, missing_is_refused: bool) -> Report:
    lang, code, told = session.lang, OK, []
    for robot in robots:
        name, state = text(f"model.robot.{robot}", lang), "told"
        found = hook_of(robot, session.master.project_id, lang)
        if found.hook is None:
            lines.append(no_hook(robot, found.problem, session.path.name, lang))
            code, state = REFUSED if missing_is_refused else code, "no_webhook"
        else:
            said = text("plan.robot.test", session.book_lang, project=session.settings.project or session.path.stem)
            try:
                post(found.hook, said, session.now.timestamp())
                lines.append(text("mail.robot.tested", lang, robot=name))
            except NotPosted as error:
                lines.append(text("mail.robot.test_failed", lang, robot=name, why=str(error)))
                code, state = REFUSED, "failed"
        told.append({"robot": str(robot), "state": state})
    step = NextStep("robot", "send", "chase --send") if code == OK else NextStep("robot_set", "robot test")
    return session.report({"version": VERSION, "run": run, "robots": told}, tuple(lines), (), code, then=step)


def no_hook(robot: Robot, problem: str, file: str, lang: str) -> str:
    """What to do where this computer has no webhook of a robot."""
    facts = {"robot": text(f"model.robot.{robot}", lang), "word": str(robot), "file": file, "variable": variables(robot)[0]}
    return text("mail.robot.no_keyring" if problem else "mail.robot.no_hook", lang, reason=problem, **facts)


def _plan(session: Session, which: Robot) -> Plan:
    """The rows of 设置 with this robot in all of them; unchanged where a row names it already, as a person has chosen."""
    now = {name: robots_in(getattr(session.settings, name)) or () for name in TELLS.values()}
    values = {name: "" for name in now}
    if not any(which in robots for robots in now.values()):
        comma = COMMA[session.book_lang]
        values = {name: comma.join(text(f"model.robot.{r}", session.book_lang) for r in (*robots, which)) for name, robots in now.items()}
    given = {str(row["id"]) for row in session.service("settings") if row.get("id")}
    plan = set_values(session, {name: value for name, value in values.items() if value})
    missing = [name for name in values if name not in given]
    if missing:
        from collab_xl.build.lists import setting_rows  # few runs need XlsxWriter

        rows = {str(row[3]): row for row in setting_rows(values, session.book_lang)}
        more = added_rows(session, [rows[name] for name in missing])
        if not more:
            raise CollabError("settings_full", sheet=session.sheet_of("settings"), lang=session.lang)
        plan += more
    return plan
