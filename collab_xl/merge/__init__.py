"""The three-way merge: baseline, master, submission → what to change, and which questions wait for the PMO. Pure; see decision 0002.

`run.merge`, `resolve.resolve`, `fold.fold_run` and `answers` are what other folders use. Nothing is imported here: most verbs only fold.
"""
