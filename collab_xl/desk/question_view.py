"""The question of the running verb: yes or no, a text, or a page on which to sign in."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from tkinter import ttk

from collab_xl.catalogue import text
from collab_xl.desk.protocol import Question
from collab_xl.desk.theme import Look


class QuestionView(ttk.Frame):
    """`answer` takes what is said, `cancel` ends the run, `copy` puts a text on the clipboard."""

    def __init__(
        self,
        parent: tk.Misc,
        look: Look,
        lang: str,
        answer: Callable[[bool | str], object],
        cancel: Callable[[], object],
        copy: Callable[[str], object],
    ) -> None:
        super().__init__(parent, style="Card.TFrame", padding=(look.px(16), look.px(12)))
        self.columnconfigure(0, weight=1)
        self.look, self.lang, self.answer, self.cancel, self.copy = look, lang, answer, cancel, copy
        self.asked: Question | None = None

    def ask(self, question: Question, row: int) -> bool:
        """Show a question in a row of the parent; the safe answer has the focus. False if it is shown already."""
        if self.asked is question:
            return False
        self.asked = question
        px = self.look.px
        for child in self.winfo_children():
            child.destroy()
        ttk.Label(self, text=text("desk.question", self.lang), style="CardBold.TLabel").grid(row=0, column=0, sticky="w")
        said = ttk.Label(self, text=question.text, style="Card.TLabel", justify="left", wraplength=px(720))
        said.grid(row=1, column=0, columnspan=2, sticky="w", pady=(px(4), px(10)))
        self.bind("<Configure>", lambda event: said.configure(wraplength=max(200, event.width - px(40))))
        answers = ttk.Frame(self, style="Card.TFrame")
        answers.grid(row=2, column=0, sticky="w")
        make = self._sign_in if question.page else self._yes_no if question.yes_no else self._text
        first = make(answers, question)
        self.grid(row=row, column=0, sticky="ew", pady=(px(14), 0))
        first.focus_set()
        return True

    def ask_no_more(self) -> None:
        """Take the question away."""
        self.asked = None
        self.grid_remove()

    def _yes_no(self, answers: ttk.Frame, question: Question) -> tk.Widget:
        no = ttk.Button(answers, text=text("desk.no", self.lang), style="Card.TButton", command=lambda: self.answer(False))
        yes = ttk.Button(answers, text=text("desk.yes", self.lang), style="Main.TButton", command=lambda: self.answer(True))
        yes.pack(side="left")
        no.pack(side="left", padx=(self.look.px(8), 0))
        return no

    def _text(self, answers: ttk.Frame, question: Question) -> tk.Widget:
        px, lang = self.look.px, self.lang
        typed = tk.StringVar(self)
        entry = ttk.Entry(answers, textvariable=typed, width=28, font=self.look.body, show="•" if question.secret else "")
        entry.pack(side="left")
        entry.bind("<Return>", lambda event: self.answer(typed.get()))
        send = ttk.Button(answers, text=text("desk.answer", lang), style="Main.TButton", command=lambda: self.answer(typed.get()))
        send.pack(side="left", padx=(px(8), 0))
        skip = ttk.Button(answers, text=text("desk.skip", lang), style="Card.TButton", command=lambda: self.answer(""))
        skip.pack(side="left", padx=(px(8), 0))
        if not question.secret:
            hint = ttk.Label(self, text=text("desk.answer_hint", lang), style="CardMuted.TLabel")
            hint.grid(row=3, column=0, sticky="w", pady=(px(6), 0))
        return entry

    def _sign_in(self, answers: ttk.Frame, question: Question) -> tk.Widget:
        """Where a person signs in and with which code, each to copy. Returns the button that goes on."""
        px, lang = self.look.px, self.lang
        for n, (key, said) in enumerate((("page", question.page), ("code", question.code))):
            if not said:  # a browser that comes back by itself needs no code
                continue
            label = ttk.Label(answers, text=text(f"desk.mailbox.{key}", lang), style="Card.TLabel")
            label.grid(row=n, column=0, sticky="w", padx=(0, px(10)))
            entry = ttk.Entry(answers, width=min(60, max(28, len(question.page))), font=self.look.body)
            entry.insert(0, said)
            entry.state(["readonly"])
            entry.grid(row=n, column=1, sticky="w", pady=px(3))
            words = text("desk.mailbox.copy", lang)
            copy = ttk.Button(answers, text=words, style="Card.TButton", command=lambda said=said: self.copy(said))  # type: ignore[misc]
            copy.grid(row=n, column=2, sticky="w", padx=(px(8), 0))
        done = ttk.Button(answers, text=text("desk.mailbox.signed_in", lang), style="Main.TButton", command=lambda: self.answer(""))
        done.grid(row=2, column=1, sticky="w", pady=(px(8), 0))
        stop = ttk.Button(answers, text=f"{text('desk.cancel', lang)} (Esc)", style="Card.TButton", command=self.cancel)
        stop.grid(row=2, column=2, sticky="w", padx=(px(8), 0), pady=(px(8), 0))
        return done
