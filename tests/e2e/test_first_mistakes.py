"""What a beginner mistypes or mixes up is told with where, why and what to type instead, in both languages."""

from __future__ import annotations

import shutil
from pathlib import Path

import openpyxl
import pytest
from e2e.command_line import Done, command_line
from workbooks import workbook_at

from collab_xl.catalogue import LANGS, texts
from collab_xl.forms import load

NAMES = {"zh": ("主表.xlsx", "市场部"), "en": ("master.xlsx", "Sales")}
HEADINGS = {"zh": ("任务名称", "负责部门", "计划结束时间", "进展"), "en": ("Task", "Department", "End", "Stand")}


@pytest.fixture(scope="module", params=LANGS)
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """A language, and a folder with a master of the basic forms, packs, and a master with all forms under `other`."""
    lang: str = request.param
    folder = tmp_path_factory.mktemp(f"mistakes-{lang}")
    master, department = NAMES[lang]
    (folder / "other").mkdir()
    for place, forms in ((folder, "basic"), (folder / "other", "full")):
        words = ("init", master, "--project", place.name, "--department", department, "--forms", forms, "--lang", lang)
        assert command_line(*words, cwd=place).code == 0
    assert command_line("issue", master, "--week", "2026-W48", cwd=folder).code == 0
    goals = load().form("goals")
    book = workbook_at(folder / "other" / master)
    area = book[goals.sheet[lang]].tables[goals.table].ref
    for cell in book[goals.sheet[lang]][area][1]:
        cell.value = "x"
    book.save(folder / "other" / master)
    return lang, folder


@pytest.fixture
def here(made: tuple[str, Path], tmp_path: Path) -> tuple[str, Path]:
    lang, folder = made
    shutil.copytree(folder, tmp_path / "p")
    return lang, tmp_path / "p"


def said(here: tuple[str, Path], *words: str) -> Done:
    return command_line(*words, cwd=here[1], env={"COLLAB_XL_LANG": here[0]})


def test_a_week_or_a_day_gets_its_option(here: tuple[str, Path]) -> None:
    master = NAMES[here[0]][0]
    for words in (("week", master, "2026-W47"), ("week", "2026-W47", master)):
        done = said(here, *words)
        assert done.code == 2
        assert f"collab-xl week {master} --week 2026-W47" in done.err
    assert f"collab-xl flag {master} --as-of 11-20" in said(here, "flag", master, "11-20").err


def test_a_department_before_the_master_gets_its_option(here: tuple[str, Path]) -> None:
    master, department = NAMES[here[0]]
    done = said(here, "issue", department, master)
    assert (done.code, f"collab-xl issue {master} --department {department}" in done.err) == (2, True)


def test_without_a_master_the_one_of_the_folder_is_named(here: tuple[str, Path]) -> None:
    done = said(here, "week", "2026-W47")
    assert (done.code, f"collab-xl week {NAMES[here[0]][0]} 2026-W47" in done.err) == (5, True)


def test_a_file_that_is_not_there_says_which_folder_was_looked_in(here: tuple[str, Path]) -> None:
    (here[1] / "empty").mkdir()
    done = command_line("flag", NAMES[here[0]][0], cwd=here[1] / "empty", env={"COLLAB_XL_LANG": here[0]})
    assert (done.code, str(here[1] / "empty") in done.err) == (5, True)


def test_an_open_master_without_a_name_in_its_lock_has_no_empty_brackets(here: tuple[str, Path]) -> None:
    master = NAMES[here[0]][0]
    (here[1] / f"~${master}").write_bytes(b"")
    done = said(here, "flag", master)
    assert done.code == 5
    assert "()" not in done.err
    assert "（）" not in done.err


def test_a_pack_is_not_imported_but_collected(here: tuple[str, Path]) -> None:
    master = NAMES[here[0]][0]
    (pack,) = (here[1] / master.replace(".xlsx", ".collab") / "outbox" / "2026-W48").glob("*.xlsx")
    done = said(here, "import", master, str(pack), "--yes", "--json")
    assert (done.code, done.json["error"]) == (5, "import_pack")
    assert "collab-xl collect" in done.json["fix"]


def test_another_master_with_forms_that_this_one_has_not(here: tuple[str, Path]) -> None:
    master = NAMES[here[0]][0]
    done = said(here, "import", master, f"other/{master}", "--yes")
    assert done.code in (0, 3)
    assert "Traceback" not in done.err
    assert load().form("goals").title[here[0]] in done.out
    assert "forms add" in done.out


def test_a_refused_file_has_its_reason_and_its_remedy_apart(here: tuple[str, Path]) -> None:
    (here[1] / "fake.xlsx").write_text("hello")
    done = said(here, "import", NAMES[here[0]][0], "fake.xlsx")
    assert done.code == 5
    _what, why, fix = done.err.strip().splitlines()
    assert "fake.xlsx" in why
    assert "Excel" in fix
    assert fix.partition(" ")[2] not in why


def tracker(folder: Path, lang: str) -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(HEADINGS[lang])
    for n in range(3):
        sheet.append((f"Build part {n}", NAMES[lang][1], "2026-11-2" + str(n), "已完成" if lang == "zh" else "Done"))
    book.save(folder / "old.xlsx")


def test_an_import_says_what_it_makes_and_says_nothing_twice(here: tuple[str, Path]) -> None:
    lang, folder = here
    tracker(folder, lang)
    done = said(here, "import", "new.xlsx", "old.xlsx", "--map", "D=" + ("备注" if lang == "zh" else "Remarks"))
    assert "new.xlsx" in done.out.splitlines()[0] + done.out.splitlines()[1]
    assert "H104" not in done.out
    assert texts(lang)["verbs.say.import_numbered"].partition("{")[0] in done.out
    assert not (folder / "new.xlsx").exists()


def test_a_question_is_not_listed_as_a_finding_as_well(here: tuple[str, Path]) -> None:
    lang, folder = here
    tracker(folder, lang)
    done = said(here, "import", NAMES[lang][0], "old.xlsx")
    assert done.out.count("D1") <= 1 + done.out.count("!D1")
    assert "H121" not in done.out


def test_chinese_sentences_have_no_blank_between_them(here: tuple[str, Path]) -> None:
    (here[1] / "a.pdf").write_text("hello")
    done = said(here, "collect", NAMES[here[0]][0], "a.pdf")
    assert done.code == 3
    assert "。 " not in done.out.replace("。  ", "")


def test_a_folder_that_is_not_there_is_named_with_the_one_beside_it(here: tuple[str, Path]) -> None:
    lang, folder = here
    master, inbox, other = NAMES[lang][0], *(("收件", "inbox") if lang == "zh" else ("inbox", "收件"))
    (folder / inbox).mkdir()
    for typed in (f"{inbox}1", f"{other}/", "收箱"):
        done = said(here, "consolidate", master, typed)
        assert done.code == 5
        assert typed.rstrip("/") in done.err.splitlines()[0]
        assert f"collab-xl consolidate {master} {inbox}\n" in done.err
        assert f"{master} {master}" not in done.err


def test_a_master_mistyped_is_not_made_anew_beside_the_one_meant(here: tuple[str, Path]) -> None:
    lang, folder = here
    tracker(folder, lang)
    master = NAMES[lang][0]
    wrong = {"主表.xlsx": "主裱.xlsx", "master.xlsx": "mastr.xlsx"}[master]
    done = said(here, "import", wrong, "old.xlsx", "--yes", "--json")
    assert (done.code, done.json["error"]) == (5, "import_other_master")
    assert master in done.json["what"]
    assert f"init {wrong}" in done.json["fix"]
    assert not (folder / wrong).exists()
    assert said(here, "import", "Q3.xlsx", "old.xlsx", "--yes").code in (0, 3), "another name is another project"
    assert (folder / "Q3.xlsx").exists()


def test_a_verb_of_a_group_that_was_left_out_is_named(here: tuple[str, Path]) -> None:
    master = NAMES[here[0]][0]
    done = said(here, "baseline", master, "Start")
    assert (done.code, f"collab-xl baseline set {master} Start" in done.err) == (2, True)


def test_wrong_usage_speaks_the_language_of_the_master_that_is_named(here: tuple[str, Path]) -> None:
    lang, folder = here
    for system in ("C.UTF-8", "en_US.UTF-8", "zh_CN.UTF-8"):
        done = command_line("week", NAMES[lang][0], "--wek", "47", cwd=folder, env={"LANG": system})
        assert ("用法" in done.err or "处理" in done.err) == (lang == "zh"), done.err


def test_the_folder_of_out_is_made_or_refused_before_the_work(here: tuple[str, Path]) -> None:
    master, folder = NAMES[here[0]][0], here[1]
    (folder / "file").write_text("x")
    before = (folder / master).read_bytes()
    done = said(here, "week", master, "--html", "--out", "file/deep", "--json")
    assert (done.code, done.json["error"]) == (5, "cannot_write_into")
    assert (folder / master).read_bytes() == before, "the page is not made first"
    done = said(here, "week", master, "--html", "--out", "new/deep", "--json")
    assert (folder / done.json["file"]).is_file()


def test_a_share_is_shown_as_a_percentage_before_it_is_imported(here: tuple[str, Path]) -> None:
    lang, folder = here
    shutil.copy(Path(__file__).parents[2] / "docs" / "files" / f"old-tracker.{lang}.xlsx", folder / "old.xlsx")
    done = said(here, "import", NAMES[lang][0], "old.xlsx")
    assert "100%" in done.out
    assert "--answer 1=" in done.out, "the tracker of the first day asks about a word"


def test_a_master_moved_without_its_folder_is_told_a_step_that_works(here: tuple[str, Path]) -> None:
    master, folder = NAMES[here[0]][0], here[1]
    (folder / master.replace(".xlsx", ".collab")).rename(folder / "away")
    done = said(here, "status", master)
    last = done.out.strip().splitlines()[-1]
    assert (done.code, f"collab-xl doctor {master}" in last, master.replace(".xlsx", ".collab") in last) == (0, True, True)


def test_week_says_which_week_it_is_about_and_why(here: tuple[str, Path]) -> None:
    lang = here[0]
    say = {key: texts(lang)[f"verbs.say.week_why_{key}"].partition("{")[0].strip() for key in ("before", "come", "first")}
    done = said(here, "week", NAMES[lang][0], "--no-write")
    assert sum(said in done.out for said in say.values()) == 1, done.out
    done = said(here, "week", NAMES[lang][0], "--no-write", "--week", "2026-W48")
    assert not any(said in done.out for said in say.values())
