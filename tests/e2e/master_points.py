"""The points of a run at which a test may let it die, in the order they are passed (see project/checkpoint.py)."""

POINTS = (
    *("run:computed", "ledger:packs_written", "ledger:before_commit", "ledger:prepared", "run:prepared"),
    *("commit:locked", "backup:copied", "commit:backed_up", "commit:written", "commit:synced", "commit:verified"),
    *("commit:before_replace", "commit:replaced", "commit:done", "run:replaced"),
)
