"""The three-way merge: baseline, master, submission → what to change, and which questions wait for the PMO. Pure; see decision 0002."""

from collab_xl.merge.answers import choice_words, read_choice, words_for
from collab_xl.merge.fold import fold_resolved, fold_run
from collab_xl.merge.resolve import resolve
from collab_xl.merge.run import merge

__all__ = ["choice_words", "fold_resolved", "fold_run", "merge", "read_choice", "resolve", "words_for"]
