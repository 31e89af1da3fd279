"""The open items during a run.

In: the open items of the state.  Out: which are new or changed, and which close without a decision.  Pure.
An item's id is a short hash of its subject, so the same conflict has the same id in preview and apply and in every later run.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from collab_xl.merge.scan import short_hash, stamp
from collab_xl.merge.view import MasterView, agree, folded_text
from collab_xl.model.merge import Candidate, CellKey, Decision, Item, Kind, MergeState, Moved
from collab_xl.model.plan import Provenance
from collab_xl.model.record import replace
from collab_xl.model.sheets import RowId
from collab_xl.model.values import Unreadable, Value


def cell_id(kind: Kind, form: str, row_key: str, field: str) -> str:
    """The id of a cell's item; all packs share it."""
    return short_hash("cell", kind, form, row_key, field)


def row_item_id(kind: Kind, form: str, row: str, pack: str = "") -> str:
    """The id of a whole row's item: made from the key for add/add (one item for both sides), else from the pack's row id."""
    return short_hash("row", kind, form, row, pack)


def same_side(a: Provenance, b: Provenance) -> bool:
    """Whether both come from one pack, or from hand-made files of one department: then the newer value replaces the older one."""
    return a.pack == b.pack and (bool(a.pack) or a.department == b.department)


def same_question(a: Item, b: Item) -> bool:
    """Whether a decision about `a` is also valid for `b`: same master value and same candidates."""

    return type(a.master) is type(b.master) and agree(a.master, b.master) and _question(a) == _question(b)


def question_mark(item: Item) -> str:
    """A fingerprint of what is asked: the same for the same master value and the same candidates."""
    return short_hash(repr(item.master), repr(_question(item)))


def _question(item: Item) -> list[tuple[str, str, Value, object]]:
    return sorted(((c.source.department, c.source.pack, c.value, c.row) for c in item.candidates), key=repr)


class Typed(NamedTuple):
    """Keys and baselines of waiting rows that the PMO has since typed into the master by hand."""

    keys: dict[tuple[str, RowId], str]
    moved: dict[tuple[str, CellKey], Moved]


class ItemBook:
    """The open items; a run changes them."""

    def __init__(self, state: MergeState) -> None:
        self.state = state
        self.items: dict[str, Item] = dict(state.items)
        self.by_cell: dict[tuple[str, str, str], list[str]] = {}
        for item in state.items.values():
            if item.field is not None:
                self.by_cell.setdefault((item.form, item.row_key, item.field), []).append(item.id)

    def candidates(self, form: str, row_key: str, field: str, kind: Kind) -> tuple[Candidate, ...]:
        if (form, row_key, field) not in self.by_cell:
            return ()
        item = self.items.get(cell_id(kind, form, row_key, field))
        return item.candidates if item else ()

    def ask(
        self,
        item_id: str,
        kind: Kind,
        form: str,
        row_key: str,
        field: str | None,
        candidate: Candidate,
        *,
        baseline: Value = None,
        master: Value = None,
        row_id: RowId = "",
        pack: str = "",
        rule: str = "",
    ) -> None:
        """Open an item or add a candidate to it. The candidate replaces an older one from the same side."""
        old = self.items.get(item_id)
        kept = [c for c in old.candidates if not same_side(c.source, candidate.source)] if old else []
        candidates = tuple(sorted([*kept, candidate], key=lambda c: stamp(c.source.sent_at, c.source.sha256)))
        if old and candidates[-1] is not candidate:
            baseline = old.baseline  # as issued to the one who sent last, whoever came first
        put_off = old.earlier if old and old.earlier and old.earlier.choice == "later" and old.candidates == candidates else None
        earlier = put_off or self._earlier(item_id, form, row_key, field, candidates)
        self.items[item_id] = Item(item_id, kind, form, row_key, field, baseline, master, candidates, row_id, pack, earlier, rule)
        if field is not None:
            ids = self.by_cell.setdefault((form, row_key, field), [])
            if item_id not in ids:
                ids.append(item_id)

    def _earlier(self, item_id: str, form: str, row_key: str, field: str | None, candidates: Iterable[Candidate]) -> Decision | None:
        """The newest decision in which the PMO refused one of these values; for a whole row, the last decision about it."""
        if field is None:
            return self.state.decisions.get(item_id)
        found = None
        for value, decision in self.state.refused.get((form, row_key, field), ()):
            if any(agree(value, c.value) for c in candidates):
                found = decision
        return found

    def withdraw(self, form: str, row_key: str, field: str, packs: Iterable[str], kinds: Iterable[Kind]) -> None:
        """Remove the candidates of these packs from the cell's items of these kinds. An item without candidates is removed."""
        ids = self.by_cell.get((form, row_key, field))
        if not ids:
            return
        wanted, gone = set(kinds), set(packs)
        for item_id in ids:
            item = self.items.get(item_id)
            if item is None or item.kind not in wanted:
                continue
            kept = tuple(c for c in item.candidates if c.source.pack not in gone or not c.source.pack)
            if not kept:
                del self.items[item_id]
            elif len(kept) < len(item.candidates):
                self.items[item_id] = replace(item, candidates=kept)

    def agreed(self, views: MasterView) -> Iterator[tuple[str, CellKey, Moved]]:
        """(pack, cell, baseline) of every waiting value that the master now contains. The PMO typed it, so it counts as the same."""
        for item in self.items.values():
            view = views.forms.get(item.form)
            if item.field is None or view is None or item.row_key not in view or item.row_key in view.twice:
                continue
            master = view.value(item.row_key, item.field)
            for c in item.candidates:
                if c.source.pack and c.source.sent_at and agree(c.value, master):
                    cell = CellKey(item.form, c.row_id or item.row_id, item.field)
                    yield c.source.pack, cell, Moved(c.value, c.source.sent_at, c.source.sha256)

    def settle(self, views: MasterView) -> Typed:
        """Put the current master value into every item, and close the items in which master and candidates agree."""
        typed = Typed({}, {})
        names: dict[str, dict[str, list[str]]] = {}
        for item in list(self.items.values()):
            view = views.forms.get(item.form)
            if view is None:
                continue
            if item.field is not None:
                if item.row_key not in view or item.row_key in view.twice:
                    continue
                master = view.value(item.row_key, item.field)
                if all(agree(c.value, master) for c in item.candidates):
                    del self.items[item.id]
                elif not agree(master, item.master) or type(master) is not type(item.master):
                    self.items[item.id] = replace(item, master=master)
                continue
            if item.form not in names:
                names[item.form] = view.names()
            keys = {self._typed_row(item, c, views, names[item.form]) for c in item.candidates}
            if len(keys) == 1 and (key := keys.pop()):
                del self.items[item.id]
                if item.row_id and item.row_id != key:
                    typed.keys[item.form, item.row_id] = key
                for c in item.candidates:
                    if c.source.pack and c.source.sent_at:
                        said = Moved(None, c.source.sent_at, c.source.sha256)
                        cells = {(c.source.pack, CellKey(item.form, c.row_id, f)): said._replace(value=v) for f, v in c.row.items()}
                        typed.moved.update(cells)
        return typed

    @staticmethod
    def _typed_row(item: Item, candidate: Candidate, views: MasterView, names: dict[str, list[str]]) -> str:
        """The key of the only master row that contains all values of the candidate row; "" if there is none."""
        view = views.forms[item.form]
        readable = {f: v for f, v in candidate.row.items() if not isinstance(v, Unreadable)}
        row = {f: v for f, v in readable.items() if f != view.key_field or item.kind in (Kind.ADD_ADD, Kind.DELETE_EDIT)}
        if item.kind in (Kind.ADD_ADD, Kind.DELETE_EDIT):
            keys = [item.row_key] if item.row_key in view and item.row_key not in view.twice else []
        else:
            named, own = views.names.named, view.department_field
            keys = names.get(folded_text(row.get(view.name_field)), [])
            keys = [key for key in keys if not own or named(view.value(key, own), candidate.source.department)]
        fitting = [key for key in keys if row and all(agree(v, view.value(key, f)) for f, v in row.items() if f in view.fields)]
        return fitting[0] if len(fitting) == 1 else ""

    def opened(self) -> tuple[Item, ...]:
        """New and changed items, in the order they were opened."""
        return tuple(item for item in self.items.values() if self.state.items.get(item.id) != item)

    def closed(self) -> tuple[str, ...]:
        return tuple(item_id for item_id in self.state.items if item_id not in self.items)
