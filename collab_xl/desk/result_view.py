"""The result of a run in words: how it ended, its lines and tables, and buttons that open what was made."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from tkinter import font, ttk
from typing import Final

from collab_xl.catalogue import text
from collab_xl.desk.asked import ON_DESK, writes
from collab_xl.desk.protocol import Refusal, Result, Table
from collab_xl.desk.state import DIED, SO_FAR, Outcome
from collab_xl.desk.theme import COLOURS, INK, LINE, MUTED, WHITE, Look

MOST_FILES: Final = 6
"""Buttons for single files; of more than that the folder is opened."""
WIDEST: Final = 380
"""Pixels at 96 dpi of the widest column."""


def exit_code(outcome: Outcome) -> int | None:
    """The exit code the command line would have; None where the verb did not end by itself."""
    if outcome.result is not None:
        return outcome.result.exit_code if outcome.kind != SO_FAR else None
    return outcome.refusal.exit_code if outcome.refusal is not None else None


def words(outcome: Outcome, lang: str) -> Iterator[tuple[str, str]]:
    """The paragraphs of a result as (style, text): line, note, why. Without the heading and the tables."""
    if outcome.kind == DIED:
        what = "in_excel" if outcome.in_excel else "written" if outcome.while_writing else "clean"
        yield "line", text(f"desk.died.{what}", lang)
    if outcome.refusal is not None:
        yield from _refused(outcome.refusal, lang)
    if outcome.result is not None:
        yield from (("line", line) for line in outcome.result.lines if line.strip())
        yield from (("note", note) for note in outcome.result.notes)


def _refused(refusal: Refusal, lang: str) -> Iterator[tuple[str, str]]:
    yield "line", refusal.what
    yield "why", text("desk.why", lang, why=refusal.why)
    yield "why", text("desk.fix", lang, fix=refusal.fix)


def as_text(outcome: Outcome, name: str, lang: str) -> str:
    """The whole result as text, for the clipboard; tables with tabs between their cells, as Excel takes them."""
    parts = [
        f"{name}：{text(f'desk.outcome.{outcome.kind}', lang)}" if lang == "zh" else f"{name}: {text(f'desk.outcome.{outcome.kind}', lang)}"
    ]
    parts += [said for _, said in words(outcome, lang)]
    for table in outcome.result.tables if outcome.result is not None else ():
        rows = [table.columns, *table.rows]
        parts += ["", *([table.title] if table.title else []), *("\t".join(" ".join(cell.split()) for cell in row) for row in rows)]
    return "\n".join(parts)


def to_open(result: Result) -> tuple[list[Path], list[Path], int]:
    """The files and folders to offer, and how many files more are in those folders."""
    made = [Path(path) for path in result.made]
    files = [path for path in made if path.suffix]
    folders = [path for path in made if not path.suffix]
    if len(files) <= MOST_FILES:
        return files, folders or list(dict.fromkeys(path.parent for path in files)), 0
    return files[:MOST_FILES], list(dict.fromkeys((*folders, *(path.parent for path in files)))), len(files) - MOST_FILES


class ResultView(ttk.Frame):
    """Shows one outcome. `open_it` opens a path, `write` writes what was only shown, `copy` puts a text on the clipboard."""

    def __init__(
        self,
        parent: tk.Misc,
        look: Look,
        lang: str,
        open_it: Callable[[Path], None],
        write: Callable[[], None],
        copy: Callable[[str], None],
    ) -> None:
        super().__init__(parent)
        self.look, self.lang, self.open_it, self.write, self.copy = look, lang, open_it, write, copy
        self.columnconfigure(0, weight=1)
        self.write_button: ttk.Button | None = None

    def show(self, outcome: Outcome, name: str, master: str) -> None:
        """Draw it anew."""
        for child in self.winfo_children():
            child.destroy()
        for row in range(6):
            self.rowconfigure(row, weight=0)
        look, lang = self.look, self.lang
        self.write_button = None
        self._heading(outcome, name).grid(row=0, column=0, sticky="ew")
        row = 1
        if outcome.can_write:
            bar = ttk.Frame(self, style="Card.TFrame", padding=(look.px(14), look.px(10)))
            ttk.Label(bar, text=text("desk.not_written", lang), style="Card.TLabel").pack(side="left")
            self.write_button = ttk.Button(bar, text=text("desk.write", lang), style="Main.TButton", command=self.write)
            self.write_button.pack(side="right")
            bar.grid(row=row, column=0, sticky="ew", pady=(look.px(8), 0))
            row += 1
        said = list(words(outcome, lang))
        if said:
            self._text(said, few=bool(outcome.result and outcome.result.tables)).grid(
                row=row, column=0, sticky="nsew", pady=(look.px(8), 0)
            )
            if not (outcome.result and outcome.result.tables):
                self.rowconfigure(row, weight=1)
            row += 1
        self.rowconfigure(row, weight=1 if outcome.result and outcome.result.tables else 0)
        if outcome.result is not None and outcome.result.tables:
            self._tables(outcome.result.tables).grid(row=row, column=0, sticky="nsew", pady=(look.px(8), 0))
        self._buttons(outcome, master, as_text(outcome, name, lang)).grid(row=row + 1, column=0, sticky="ew", pady=(look.px(10), 0))

    def _heading(self, outcome: Outcome, name: str) -> ttk.Frame:
        colour, sign = COLOURS[outcome.kind]
        frame = ttk.Frame(self)
        ttk.Label(frame, text=sign, foreground=colour, font=self.look.bold).pack(side="left")
        said = f"{name} · {text(f'desk.outcome.{outcome.kind}', self.lang)}"
        ttk.Label(frame, text=said, foreground=colour, font=self.look.bold).pack(side="left", padx=(self.look.px(6), 0))
        if (code := exit_code(outcome)) is not None:
            ttk.Label(frame, text=text("desk.outcome.exit", self.lang, code=code), style="Small.TLabel").pack(side="right")
        return frame

    def _text(self, said: Sequence[tuple[str, str]], *, few: bool) -> tk.Widget:
        look = self.look
        frame = ttk.Frame(self)
        box = tk.Text(
            frame, font=look.body, wrap="word", relief="flat", background=WHITE, foreground=INK, highlightthickness=1, takefocus=True,
            highlightbackground=WHITE, highlightcolor=LINE, padx=0, pady=0, spacing1=look.px(2), spacing3=look.px(2), cursor="arrow",
            width=20,
        )  # fmt: skip
        for style, line in said:
            box.insert("end", line + "\n", style)
        box.tag_configure("note", foreground=MUTED, font=look.small)
        box.tag_configure("why", foreground=MUTED)
        box.delete("end-1c", "end")
        box.configure(state="disabled")
        frame.columnconfigure(0, weight=1)
        frame.rowconfigure(0, weight=1)
        box.grid(row=0, column=0, sticky="nsew")
        bar = ttk.Scrollbar(frame, command=box.yview, takefocus=False)

        def fitted(event: object = None) -> None:
            """As high as its text, within the window; a bar only where the text is longer."""
            counted = box.count("1.0", "end", "displaylines")
            lines = int(counted[0]) if counted else 1
            most = 7 if few else 16
            box.configure(height=min(lines, most))
            if lines > most:
                bar.grid(row=0, column=1, sticky="ns")
            else:
                bar.grid_remove()

        box.configure(yscrollcommand=bar.set)
        box.bind("<Configure>", fitted)
        box.bind("<Tab>", lambda event: _next(box))
        return frame

    def _tables(self, tables: Sequence[Table]) -> tk.Widget:
        if len(tables) == 1:
            return self._table(self, tables[0])
        book = ttk.Notebook(self)
        book.enable_traversal()
        for n, table in enumerate(tables, 1):
            title = table.title if 0 < len(table.title) <= 24 else text("desk.table", self.lang, n=n)
            book.add(self._table(book, table, titled=title != table.title), text=f"{title} ({len(table.rows)})")
        return book

    def _table(self, parent: tk.Misc, table: Table, *, titled: bool = True) -> ttk.Frame:
        look = self.look
        frame = ttk.Frame(parent)
        frame.columnconfigure(0, weight=1)
        frame.rowconfigure(1, weight=1)
        if table.title and titled:
            title = ttk.Label(frame, text=table.title, style="Bold.TLabel", wraplength=look.px(700), justify="left")
            title.grid(row=0, column=0, columnspan=2, sticky="w", pady=(look.px(4), look.px(4)))
        names = [str(n) for n in range(len(table.columns))]
        view = ttk.Treeview(frame, columns=names, show="headings", height=4, selectmode="browse")
        measure = font.Font(self, font=look.body).measure
        for n, (name, title_text) in enumerate(zip(names, table.columns, strict=True)):
            cells = [" ".join(row[n].split()) for row in table.rows[:200]]
            width = min(look.px(WIDEST), max([measure(title_text), *(measure(cell) for cell in cells)]) + look.px(20))
            view.heading(name, text=title_text, anchor="w")
            view.column(name, width=width, minwidth=look.px(40), stretch=n == len(names) - 1, anchor="w")
        for row in table.rows:
            view.insert("", "end", values=[" ".join(cell.split()) for cell in row])
        view.grid(row=1, column=0, sticky="nsew")
        down = ttk.Scrollbar(frame, command=view.yview, takefocus=False)
        right = ttk.Scrollbar(frame, command=view.xview, orient="horizontal", takefocus=False)
        view.configure(
            yscrollcommand=_hiding(down, row=1, column=1, sticky="ns"), xscrollcommand=_hiding(right, row=2, column=0, sticky="ew")
        )
        detail = ttk.Label(frame, style="Small.TLabel", wraplength=look.px(700), justify="left")
        detail.grid(row=3, column=0, columnspan=2, sticky="w", pady=(look.px(4), 0))

        def chosen(event: object) -> None:
            """The whole text of the chosen row, as a narrow column cuts it off."""
            picked = view.selection()
            row = table.rows[view.index(picked[0])] if picked else ()
            detail.configure(text="   ".join(f"{title}: {cell}" for title, cell in zip(table.columns, row, strict=False) if cell))

        def focused(event: object) -> None:
            if not view.selection() and (rows := view.get_children()):
                view.selection_set(rows[0])
                view.focus(rows[0])

        frame.bind("<Configure>", lambda event: detail.configure(wraplength=max(200, event.width - look.px(20))))
        view.bind("<<TreeviewSelect>>", chosen)
        view.bind("<FocusIn>", focused)
        return frame

    def _buttons(self, outcome: Outcome, master: str, copied: str) -> ttk.Frame:
        look, lang = self.look, self.lang
        frame = ttk.Frame(self)
        made: list[tuple[str, Path]] = []
        more = 0
        if outcome.result is not None and outcome.write and writes(ON_DESK.get(outcome.verb)):
            files, folders, more = to_open(outcome.result)
            made = [(path.name, path) for path in files] + [(f"{text('desk.open_folder', lang)} {path.name}", path) for path in folders]
        if outcome.refusal is not None and outcome.refusal.log:
            made.append((text("desk.open_log", lang), Path(outcome.refusal.log)))
        if made:
            ttk.Label(frame, text=text("desk.made", lang), style="Small.TLabel").pack(anchor="w")
            holder = ttk.Frame(frame)
            holder.pack(anchor="w", fill="x")
            for n, (name, path) in enumerate(made):
                button = ttk.Button(holder, text=name, style="Link.TButton", command=lambda path=path: self.open_it(path))  # type: ignore[misc]
                button.grid(row=n // 3, column=n % 3, sticky="w", padx=(0, look.px(18)))
            if more:
                ttk.Label(frame, text=text("desk.made_more", lang, count=more), style="Small.TLabel").pack(anchor="w")
        row = ttk.Frame(frame)
        row.pack(anchor="w", pady=(look.px(6) if made else 0, 0))
        if master:
            ttk.Button(row, text=text("desk.open_master_file", lang), command=lambda: self.open_it(Path(master))).pack(side="left")
        ttk.Button(row, text=text("desk.copy", lang), command=lambda: self.copy(copied)).pack(
            side="left", padx=(look.px(8) if master else 0, 0)
        )
        return frame


def _next(widget: tk.Widget) -> str:
    if (following := widget.tk_focusNext()) is not None:
        following.focus_set()
    return "break"


def _hiding(bar: ttk.Scrollbar, **place: object) -> Callable[[float, float], None]:
    """A scrollbar that is there only while there is something to scroll."""

    def moved(first: float, last: float) -> None:
        if float(first) <= 0 and float(last) >= 1:
            bar.grid_remove()
        else:
            bar.grid(**place)  # type: ignore[arg-type]
        bar.set(first, last)

    return moved
