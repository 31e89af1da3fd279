"""Where a table is, which column is what, and which rows are records."""

from __future__ import annotations

from datetime import date

from sheets_as_typed import at, codes, context, only, read

from collab_xl.model.place import Area
from collab_xl.model.sheets import TableRef
from collab_xl.model.values import Unreadable
from collab_xl.read.headings import fold

HEAD = ["任务ID", "任务名称", "负责部门", "计划结束时间", "当前进度", "完成状态"]
ROW = ["RW-1", "设计", "市场部", "2026-01-05", "50%", "进行中"]


def test_titles_and_key_values_above_are_not_headings() -> None:
    parsed = read(
        [
            ["任务分工与进度跟踪表"],
            ["任务名称", "官网改版", "负责人", "张三", "状态", "进行中"],
            ["编制人：", "*助理", "日期：2026年1月1日"],
            [],
            HEAD,
            ROW,
        ]
    )
    table = only(parsed)
    assert (table.heading_rows, list(table.rows), str(table.area)) == ((5, 5), [6], "A5:F6")
    assert "第 5 行" in parsed.located[0].why
    assert parsed.located[0].columns[1] == ("任务ID", ("task_id",))


def test_headings_down_to_row_thirty_and_not_in_column_a() -> None:
    table = only(read([*([[]] * 29), [None, None, *HEAD], [None, None, *ROW]]))
    assert (table.heading_rows, table.columns["task_id"], list(table.rows)) == ((30, 30), 3, [31])


def test_two_line_headings_without_merges_are_joined() -> None:
    table = only(
        read(
            [
                ["任务", "任务", "责任", "计划", None, "实际", "完成"],
                ["编号", "名称", "部门", "开始时间", "结束时间", "完成时间", "状态"],
                ["RW-1", "设计", "市场部", "2026-1-1", "2026-1-5", None, "进行中"],
            ]
        )
    )
    assert table.heading_rows == (1, 2)
    assert list(table.columns) == ["task_id", "name", "dept", "start", "end", "actual_end", "status"]
    assert list(table.rows) == [3]


def test_merged_headings_over_two_rows() -> None:
    parsed = read(
        [
            ["任务ID", "任务名称", "起止时间", None, "备注(问题/风险)"],
            [None, None, "起止", "计划交付物", None],
            ["RW-1", "a", "2024-7-1", "x", "y"],
        ],
        merges=["A1:A2", "B1:B2", "C1:D1", "E1:E2"],
    )
    table = only(parsed)
    assert table.heading_rows == (1, 2)
    assert table.columns == {"task_id": 1, "name": 2, "start": 3, "end": 3, "deliverable": 4, "remark": 5}


def test_a_second_line_in_another_language_is_heading_too() -> None:
    table = only(read([HEAD[:4], ["Task ID", "Task", "Department", "Planned end"], ROW[:4]]))
    assert (table.heading_rows, list(table.rows)) == ((1, 2), [3])


def test_a_title_directly_above_is_no_heading_line() -> None:
    table = only(read([["任务计划"], HEAD, ROW]))
    assert table.heading_rows == (2, 2)


def test_headings_as_variants() -> None:
    table = only(
        read(
            [
                [
                    "任务ID\nTask ID",
                    " 任务\n名称 ",
                    "负责部门/Department",
                    "*计划结束日期",
                    "当前进度（%）",
                    "完成状态(进行中/已完成/滞后)",
                    "３．备注：",
                ],
                ["1", "a", "市场部", "2026-01-05", 35, "进行中", "x"],
            ]
        )
    )
    assert set(table.columns) == {"task_id", "name", "dept", "end", "progress", "status"} | (
        {"remark"} if "remark" in table.columns else set()
    )
    assert table.values["progress"] == [0.35]


def test_english_headings() -> None:
    table = only(
        read(
            [
                ["ID", "Task name", "Dept.", "Assigned to", "Due date", "% complete", "State"],
                [1, "a", "Sales", "Bob", date(2026, 1, 5), 0.5, "On track"],
            ],
            context("en"),
        )
    )
    assert table.values["status"] == ["in_progress"]
    assert {"task_id", "name", "owner", "end", "progress", "status"} <= set(table.columns)


def test_a_near_miss_is_asked_and_not_read() -> None:
    rows = [["任务ID", "任务名称", "截至日期"], ["1", "a", "2026-01-05"]]
    parsed = read(rows)
    (question,) = parsed.questions
    assert (question.kind, question.found, question.suggestion, question.at.cell) == ("heading", "截至日期", "end", "C1")
    assert "end" in question.options
    assert only(parsed).extra == {3: "截至日期"}
    assert "end" not in only(parsed).columns
    (found,) = parsed.findings
    assert (found.code, found.expected) == ("H102", "计划结束时间")


def test_the_answer_about_a_heading_is_used() -> None:
    rows = [["任务ID", "任务名称", "截至日期"], ["1", "a", "2026-01-05"]]
    parsed = read(rows, context(headings={fold("截至日期"): "end"}))
    assert only(parsed).values["end"] == [date(2026, 1, 5)]
    assert not parsed.questions
    left_alone = read(rows, context(headings={fold("截至日期"): ""}))
    assert not left_alone.questions
    assert not left_alone.findings


def test_an_unknown_column_is_kept_and_said() -> None:
    parsed = read([["任务ID", "任务名称", "负责人", "预算科目"], ["1", "a", "x", "y"]])
    assert only(parsed).extra == {4: "预算科目"}
    assert at(parsed.findings, "H101") == ["D1"]


def test_a_doubled_heading_names_both_cells() -> None:
    parsed = read([["任务ID", "任务名称", "备注", "备注"], ["1", "a", "x", "y"]])
    (found,) = parsed.findings
    assert (found.code, str(found.at), found.facts["other"]) == ("H103", "表1!D1", "C1")
    assert only(parsed).values["remark"] == ["x"]


def test_the_exact_heading_wins_over_an_alias() -> None:
    table = only(read([["任务ID", "任务名称", "状态", "完成状态"], ["1", "a", "x", "进行中"]]))
    assert table.columns["status"] == 4


def test_a_running_number_is_no_id() -> None:
    parsed = read([["序号", "任务名称", "负责部门", "完成状态"], [1, "a", "市场部", "进行中"]])
    table = only(parsed)
    assert "task_id" not in table.columns
    assert table.extra == {1: "序号"}
    assert codes(parsed.findings) == ["H104"]


def test_a_column_without_heading_is_kept_and_said() -> None:
    parsed = read([["任务ID", "任务名称", None, "备注"], ["1", "a", "?!", "x"]])
    assert only(parsed).extra == {3: ""}
    assert at(parsed.findings, "H114") == ["C1"]


def test_two_tables_side_by_side_and_one_below() -> None:
    parsed = read(
        [
            ["任务ID", "任务名称", "负责人", None, "问题编号", "问题描述", "责任部门"],
            ["RW-1", "a", "x", None, "WT-1", "坏了", "研发部"],
            ["RW-2", "b", "x"],
            [],
            ["需求编号", "需求名称", "发起部门", "涉及部门"],
            ["XZ-1", "r", "市场部", "研发部"],
        ]
    )
    assert [(t.form, list(t.rows), str(t.area)) for t in parsed.tables] == [
        ("tasks", [2, 3], "A1:C3"),
        ("problems", [2], "E1:G2"),
        ("requirements", [6], "A5:D6"),
    ]


def test_headings_again_begin_a_second_table_of_the_form() -> None:
    parsed = read([HEAD, ROW, [], ["销售部"], HEAD, ROW, ROW])
    assert [(t.form, t.heading_rows, list(t.rows)) for t in parsed.tables] == [("tasks", (1, 1), [2]), ("tasks", (5, 5), [6, 7])]
    assert codes(parsed.findings) == ["H107", "H111"]


def test_what_stands_between_and_below_the_records_is_none() -> None:
    parsed = read(
        [
            HEAD,
            ["一、新品"],
            ROW,
            [],
            ["RW-2", "b"],
            [7],
            ["RW-9"],
            ["合计", None, None, None, "60%"],
            ["说明：每周五更新"],
            ["填表人：", "*专员", None, "审核：", "*经理"],
        ]
    )
    assert list(only(parsed).rows) == [3, 5]
    assert [(f.code, f.at.row) for f in parsed.findings if f.at] == [("H127", 1), ("H107", 2), ("H106", 6), ("H107", 7), ("H108", 8)]


def test_a_task_with_only_its_name_is_a_record() -> None:
    assert list(only(read([["任务名称", "负责人", "状态"], ["a"], ["b", "x"], ["备注：以上为初稿"]])).rows) == [2, 3]


def test_a_task_named_after_totals_is_a_record() -> None:
    assert list(only(read([HEAD, ["RW-1", "合计表编制", "财务部"]])).rows) == [2]


def test_a_marked_continuation_joins_the_record_above() -> None:
    parsed = read([["问题编号", "问题描述", "责任部门"], ["WT-1", "坏了", "研发部"], [None, "（续）还是坏的"], [None, "又一段话"]])
    table = only(parsed)
    assert table.values["description"] == ["坏了\n还是坏的"]
    assert [(f.code, f.at.cell, f.found) for f in parsed.findings if f.at] == [("H110", "B3", "（续）还是坏的"), ("H109", "B4", "又一段话")]


def test_a_cell_merged_downwards_counts_for_its_rows() -> None:
    parsed = read([["任务ID", "任务名称", "负责部门"], ["1", "a", "市场部"], ["2", "b", None], ["3", "c", None]], merges=["C2:C3"])
    assert only(parsed).values["dept"] == ["市场部", "市场部", None]
    assert at(parsed.findings, "H112") == ["C2"]


def test_one_name_merged_over_rows_is_one_record() -> None:
    parsed = read([["任务ID", "任务名称", "负责人"], ["1", "a", "x"], [None, None, "y"]], merges=["A2:A3", "B2:B3"])
    assert list(only(parsed).rows) == [2]
    assert [(f.code, f.found) for f in parsed.findings] == [("H109", "y")]


def test_hidden_rows_and_columns_are_read() -> None:
    table = only(read([HEAD, ROW, ROW], hidden_rows=frozenset({2}), hidden_cols=frozenset({3})))
    assert list(table.rows) == [2, 3]
    assert "dept" in table.columns


def test_a_formula_without_a_value_and_an_error_are_no_blanks() -> None:
    parsed = read([HEAD[:4], ["1", "a", None, None]], formulas={(2, 3): "=A1&B1"}, uncached=frozenset({(2, 3)}), errors={(2, 4): "#REF!"})
    table = only(parsed)
    assert (table.values["dept"], table.values["end"]) == ([Unreadable("=A1&B1")], [Unreadable("#REF!")])
    assert [(f.code, f.found) for f in parsed.findings] == [("V213", "=A1&B1"), ("V212", "#REF!")]
    assert table.held == {(0, "dept")}


def test_sheets_of_the_forms_beside_the_three_are_theirs() -> None:
    for form, rows in (
        (
            "actions",
            [
                ["会议", "日期", "待办事项", "责任人", "责任部门", "完成时限", "状态"],
                ["例会", "2024-7-1", "x", "y", "z", "2024-7-2", "完成"],
            ],
        ),
        ("risks", [["ID", "Risk", "Owner", "Impact"], [1, "x", "y", "z"]]),
        ("risks", [["风险描述", "风险等级", "影响范围", "建议措施", "责任人", "解决时限"], ["x", "高", "y", "z", "王*", "2024-7-2"]]),
        (
            "resources",
            [
                ["部门", "资源名称", "资源类型", "需求量", "可用量", "交付物", "交付时间", "质量标准"],
                ["a", "n", "人力", 5, 3, "x", "2024-7-2", "y"],
            ],
        ),
        ("responsibilities", [["部门", "岗位", "职责描述", "交付成果", "时间节点", "负责人"], ["a", "b", "c", "d", "2024-7-2", "e"]]),
    ):
        assert only(read(rows)).form == form


def test_a_column_of_names_below_a_yes_or_no_heading_is_the_users_own() -> None:
    """里程碑 often has the names of milestones; it is read only where its cells say yes or no."""
    head = ["任务名称", "负责人", "计划结束时间", "里程碑"]
    named = only(read([head, ["联调", "王*", "2024-7-2", "M1 需求冻结"], ["压测", "李*", "2024-7-9", "M2 上线"]]))
    assert ("milestone" in named.columns, named.extra) == (False, {4: "里程碑"})
    marked = only(read([head, ["联调", "王*", "2024-7-2", "是"], ["压测", "李*", "2024-7-9", None], ["上线", "李*", "2024-7-16", "√"]]))
    assert marked.values["milestone"] == [True, None, True]


def test_a_tracker_without_a_title_is_read_by_the_column_the_form_names() -> None:
    goals = only(read([["目标", "达成情况", "改进建议"], ["两周联调", "三周", "备用环境"], ["500份", None, "-"]], sheet="复盘"))
    assert goals.values["topic"] == goals.values["goal"] == ["两周联调", "500份"]
    lines = [["部门", "资源类型(人力/预算/物料)", "需求量", "可用量"], ["市场部", "人力", 5, 3], ["市场部", "资金", 20, 18]]
    resources = only(read(lines, sheet="资源"))
    assert resources.values["name"] == ["人力", "资金"], "the word of a choice, as it was written"
    assert resources.values["resource_kind"] == ["people", "budget"]
    both = only(read([["主题", "目标", "达成情况"], ["联调", "两周", "三周"]], sheet="复盘"))
    assert (both.values["topic"], both.values["goal"]) == (["联调"], ["两周"])


def test_sheets_that_are_no_tracker_have_no_tables() -> None:
    for rows in (
        [],
        [["进度", "含义"], ["延期", "超过计划结束时间"]],
        [["合作名称", "活动"], ["发起部门", "产品部"]],
        [["Step", "Name", "Owner", "PM", "Dev"], [1, "Design", "A", "C", "R"], [2, "Build", "C", "A/R", "I"], [3, "Test", "I", "A", "R"]],
        [["Name", "Alias", "Department", "Project", "Role"], ["Josh", "j", "PM", "All", "Lead"]],
        [["编号", "名称", "规格", "数量", "责任人", "状态", "备注"], [1, "电脑", "X1", 3, "张三", "在用", "-"]],
        [["Name", "Department", "Title", "Notes"], ["Bob", "Sales", "Manager", "-"]],
        [["任务名称", "官网改版", "负责人", "张三", "状态", "进行中"]],
    ):
        parsed = read(rows)
        assert (parsed.tables, parsed.located) == ([], [])


def test_every_form_of_the_documents_is_recognised() -> None:
    forms = {
        "requirements": [
            "需求编号 需求名称 发起部门 涉及部门 核心目标 期望完成时间 关键资源需求 备注",
            "需求编号 需求名称 发起部门/人 接收部门/人 需求背景与目标描述 期望完成时间 "
            "紧急程度(一般/紧急/特急) 初步沟通结果(含关键诉求) 附件",
        ],
        "tasks": [
            "任务名称 负责部门 负责人 计划开始时间 计划结束时间 当前进度 完成状态(进行中/已完成/滞后) 风险描述 更新日期",
            "任务ID 任务名称 负责人 所属需求编号 起止时间 计划交付物 当前进度(未开始/进行中/已完成/延期) 实际完成时间 备注(问题/风险)",
            "计划完成事项 实际完成情况 偏差原因 解决措施",
            "任务名称 负责人 计划周期 所需资源",
        ],
        "problems": [
            "问题编号 问题所属任务ID 问题反馈人 反馈时间 问题描述(含影响范围) 已尝试方案 所需支持 解决措施 责任部门 完成时限 处理状态"
        ],
        "communication": ["沟通场景 沟通方式 参与人员 沟通频率"],
        "risks": ["风险描述 风险等级(高/中/低) 影响范围 建议措施 责任人 解决时限"],
        "resources": ["部门 资源类型(人力/预算/物料) 需求量 可用量 缺口% 交付物 交付时间 质量标准"],
        "actions": ["会议 日期 待办事项 责任人 责任部门 完成时限 状态"],
        "responsibilities": ["部门 岗位 职责描述 交付成果 时间节点 负责人", "部门 负责人 核心职责 交付物 交付时间(第2-4周)"],
        "acceptance": ["验收对象 预期成果 实际成果 验收结论 各部门确认人 确认日期"],
        "retrospective": ["目标 达成情况 成功经验 问题不足 改进建议 责任人"],
        "goals": ["目标 里程碑 各部门负责人签字"],
    }
    for form, lines in forms.items():
        for line in lines:
            headings = line.split(" ")
            table = only(read([headings, ["x"] * len(headings)]))
            assert table.form == form
            assert len(table.extra) == (1 if "各部门负责人签字" in headings else 0), "signatures are rows of the form 签认表"


def test_group_titles_in_the_name_column_and_by_numeral() -> None:
    parsed = read(
        [
            ["序号", "任务名称", "负责人", "完成状态"],
            ["一", "新品上市"],
            [1, "a", "x", "进行中"],
            [None, "二、年度预算"],
            [2, "b", "x", "进行中"],
            [None, "预算执行"],
            [3, "c", "x", "进行中"],
            [None, "没有别的内容的任务"],
        ],
        merges=["B6:D6"],
    )
    assert list(only(parsed).rows) == [3, 5, 7, 8]
    assert at(parsed.findings, "H107") == ["A2", "B4", "B6"]


def test_a_row_with_an_id_and_content_in_the_users_own_column_is_a_record() -> None:
    assert list(only(read([["任务ID", "任务名称", "负责人", "预算科目"], ["RW-1", None, None, "x"], ["RW-2"]])).rows) == [2]


def test_the_masters_own_lists_are_no_trackers() -> None:
    headings = ("编号", "名称", "责任部门", "问题描述", "状态")
    ref = TableRef("Conflicts", "表1", Area(1, 1, 2, 5), headings)
    assert read([headings, ["1", "a", "x", "y", "z"]], tables=(ref,)).tables == []
    assert len(read([headings, ["1", "a", "x", "y", "z"]]).tables) == 1


def test_a_line_of_hints_and_an_example_are_no_records() -> None:
    parsed = read(
        [HEAD, ["系统自动生成", "必填", "下拉选择", "格式 yyyy-mm-dd", "必填，百分数", "下拉选择"], ["示例", "设计", "市场部"], ROW]
    )
    assert list(only(parsed).rows) == [4]
    assert at(parsed.findings, "H107") == ["A2", "A3"]


def test_the_own_heading_with_a_note_wins_over_an_alias() -> None:
    """The weekly form has both: 完成状态(进行中/已完成/滞后) is the status, 是否滞后 is kept."""
    parsed = read([["任务名称", "负责人", "完成状态(进行中/已完成/滞后)", "是否滞后"], ["a", "x", "进行中", "是"]])
    assert only(parsed).values["status"] == ["in_progress"]
    assert at(parsed.findings, "H103") == ["D1"]


def test_a_name_and_a_day_are_a_task_list_a_name_and_a_remark_are_none() -> None:
    assert list(only(read([["任务名称", "截止时间"], ["a", "2026-01-05"]])).columns) == ["name", "end"]
    assert read([["任务名称", "备注"], ["a", "x"]]).tables == []


def test_the_first_of_two_owners_is_read() -> None:
    parsed = read([["任务名称", "负责人1", "负责人2", "截止时间"], ["a", "x", "y", "2026-01-05"]])
    table = only(parsed)
    assert (table.columns["owner"], table.extra) == (2, {3: "负责人2"})


def test_an_answer_gives_way_to_the_heading_itself() -> None:
    """Answered for a sheet without it; in a later one that has 计划结束时间 that column is read, and the other kept."""
    rows = [["任务ID", "任务名称", "截至日期", "计划结束时间"], ["1", "a", "2026-01-05", "2026-01-06"]]
    parsed = read(rows, context(headings={fold("截至日期"): "end"}))
    assert only(parsed).values["end"] == [date(2026, 1, 6)]
    assert at(parsed.findings, "H103") == ["C1"]


def test_nothing_is_asked_about_a_column_without_content() -> None:
    parsed = read([["任务名称", "负责人", "完成时间", "截至日期"], ["a", "x", None, None], ["b", "y", None, "\u3000"]])
    assert parsed.questions == []
    assert not {"H102", "H121"} & set(codes(parsed.findings))


def test_a_board_with_its_groups_under_headings_of_their_own() -> None:
    heads = ["Name", "Person", "Status", "Date", "Priority"]
    rows = [
        ["My board"],
        [],
        ["Group 1"],
        heads,
        ["A", "Ann", "Done", "2026-01-05", "High"],
        [],
        ["Group 2"],
        heads,
        ["B", "Bo", "Done", None, "Low"],
    ]
    assert [(t.heading_rows, list(t.rows)) for t in read(rows, context("en")).tables] == [((4, 4), [5]), ((8, 8), [9])]


def test_columns_counted_under_their_headings_are_no_record() -> None:
    parsed = read([HEAD, [1, 2, 3, 4, 5, 6], ROW])
    assert list(only(parsed).rows) == [3]
    assert at(parsed.findings, "H106") == ["A2"]


def test_shares_under_another_word_for_a_text_are_the_progress() -> None:
    rows = [
        ["任务名称", "负责部门", "计划结束时间", "完成情况"],
        ["定稿", "市场部", "2026-11-20", 0.6],
        ["测试", "研发部", "2026-11-21", "80%"],
    ]
    assert only(read([*rows, ["评审", "研发部", "2026-11-25", 1]])).values["progress"] == [0.6, 0.8, 1.0]
    said = only(read([*rows[:1], *([*row[:3], "样机已交付"] for row in rows[1:])]))
    assert said.values["done_this_week"] == ["样机已交付", "样机已交付"]
