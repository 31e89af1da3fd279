"""`resolve` decides many items at once: by a word in one row of 冲突处理 or by --take; shown before, undone after."""

from __future__ import annotations

from pathlib import Path

import pytest
from e2e.small_project import DAY, Project, type_into

from collab_xl import verbs
from collab_xl.book.read import read_book
from collab_xl.catalogue import text
from collab_xl.errors import CollabError
from collab_xl.forms import load
from collab_xl.merge.many_at_once import many_words


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Two tasks of 市场部 that both sides have changed since the packs were issued."""
    made = Project.again(tmp_path / "p", "zh")
    reply = made.reply("市场部", {("tasks", key): {"progress": 0.7} for key in KEYS}, "市场部")
    made.type(*(("tasks", key, "progress", 0.1) for key in KEYS))
    made.consolidate(reply)
    return made


KEYS = ("RW-001", "RW-003")


def progress(project: Project) -> list[object]:
    return [project.value("tasks", key, "progress") for key in KEYS]


def waiting(project: Project) -> list[dict[str, object]]:
    return [row for row in project.listed("conflicts") if row.get("id")]


def test_a_word_in_one_row_is_for_all_of_the_department(project: Project) -> None:
    assert len(waiting(project)) == 2
    book = read_book(project.master)
    ref = book.tables["Conflicts"]
    col = ref.area.first_col + [c.id for c in load().service("conflicts").columns].index("decision")
    type_into(project.master, ref.sheet, {(ref.data.first_row, col): many_words("zh")[0]})
    shown = verbs.resolve(project.master, as_of=DAY, write=False, lang="zh")
    assert len(shown.json["decided"]) == 2
    assert progress(project) == [0.1, 0.1], "shown only"
    done = verbs.resolve(project.master, as_of=DAY, lang="zh")
    assert text("verbs.say.resolve_kinds", "zh", kinds=f"{text('model.kind.conflict', 'zh')} 2") in done.lines
    assert progress(project) == [0.7, 0.7]
    assert not waiting(project)
    verbs.undo(project.master, as_of=DAY, lang="zh")
    assert progress(project) == [0.1, 0.1]
    assert len(waiting(project)) == 2


def test_the_command_decides_for_a_department_and_refuses_what_it_does_not_know(project: Project) -> None:
    nobody = verbs.resolve(project.master, take="theirs", departments=["研发部"], as_of=DAY, lang="zh")
    assert nobody.json["decided"] == []
    for wrong in ({"take": "maybe"}, {"departments": ["市场部"]}, {"take": "theirs", "kinds": ["也许"]}):
        with pytest.raises(CollabError) as refused:
            verbs.resolve(project.master, as_of=DAY, lang="zh", **wrong)  # type: ignore[arg-type]
        assert refused.value.exit_code == 2
    verbs.resolve(project.master, take="保留主表", departments=["市场部"], kinds=["冲突"], as_of=DAY, lang="zh")
    assert progress(project) == [0.1, 0.1]
    assert not waiting(project)
