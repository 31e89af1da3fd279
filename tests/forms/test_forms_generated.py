"""Any valid form is read as it is written."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from forms.forms_of_tests import written
from forms.generated import forms
from hypothesis import given

from collab_xl.forms.folders import form_files
from collab_xl.forms.read import read_forms


@given(forms())
def test_a_generated_form_has_no_fault_and_says_what_its_data_say(data: dict[str, Any]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        made, faults = read_forms(form_files(str(written(Path(folder), data, texts={}))))
    assert [(f.text_key, f.key, dict(f.facts)) for f in faults] == []
    form = next(f for f in made if f.id == "made")
    assert [f.id for f in form.fields] == [f["id"] for f in data["field"]]
    assert {f.role for f in form.fields if f.role} == {"key", *(f["role"] for f in data["field"] if f.get("role"))}
    assert form.key.kind == "key"
    assert form.role("title") is not None
    for name, items in data["choices"].items():
        field = next(f for f in data["field"] if f.get("choices") == name)
        if field.get("role") == "status":
            assert [form.state(c["id"]) for c in items] == [c["state"] for c in items]
