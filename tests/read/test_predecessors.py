"""Predecessors as people write them: what is read, and that what we print is read back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collab_xl.forms import load
from collab_xl.model.dependency import KINDS, UNITS, Dependency, dependencies, dependency
from collab_xl.plan.render import render
from collab_xl.read.dependencies import references
from collab_xl.read.remarks import ParsedValue


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("RW-001FS+2天", "RW-001FS+2d"),
        ("ＲＷ－００１ＳＳ＋２个工作日", "RW-001SS+2d"),
        ("2fs", "2"),
        ("1,3", "1 3"),
        ("1；3", "1 3"),
        ("2fs, 3SS+2 days", "2 3SS+2d"),
        ("RW-001 FF - 1 week；RW-002", "RW-001FF-1w RW-002"),
        ("RW-001（SS＋１周）、RW-002", "RW-001SS+1w RW-002"),
        ("5FS+3 working days", "5FS+3d"),
        ("5FS+3 elapsed days", "5FS+3ed"),
        ("5FS+3自然日", "5FS+3ed"),
        ("2完成-开始+1天", "2FS+1d"),
        ("RW-001+3天", "RW-001FS+3d"),
        ("RW-001-3天", "RW-001FS-3d"),
        ("1SF-2", "1SF-2d"),
        ("RW-001~003", "RW-001 RW-002 RW-003"),
        ("RW-001-RW-003", "RW-001 RW-002 RW-003"),
        ("XZ-2024-009至XZ-2024-011", "XZ-2024-009 XZ-2024-010 XZ-2024-011"),
        ("1 to 3", "1 2 3"),
        ("1-3", "1-3"),
        ("RW-001-003", "RW-001-003"),
        ("RW-001~999", "RW-001~999"),
        ("RW-001 SS-002", "RW-001 SS-002"),
    ],
)
def test_written_and_read(written: str, read: str) -> None:
    assert references(written) == tuple(read.split())


def test_a_lag_that_has_no_place_is_named() -> None:
    found = references("2FS+50%、RW-001SS+4h")
    assert isinstance(found, ParsedValue)
    assert found.value == ("2", "RW-001SS")
    assert [remark.facts["dropped"] for remark in found.remarks] == [("+50%", "+4h")]


links = st.builds(
    Dependency,
    st.from_regex(r"[A-Z]{0,4}-?[0-9]{1,6}", fullmatch=True).filter(lambda key: not key.startswith("-")),
    st.sampled_from(KINDS),
    st.integers(-99, 99),
    st.sampled_from(list(UNITS)),
).map(lambda link: link if link.lag else Dependency(link.key, link.kind))


@given(st.lists(links, min_size=1, max_size=4, unique=True), st.sampled_from(["zh", "en"]))
def test_what_a_sheet_shows_is_read_back(made: list[Dependency], lang: str) -> None:
    field = load().form("tasks").role("predecessors")
    assert field is not None
    stored = tuple(link.entry for link in made)
    assert tuple(map(dependency, stored)) == tuple(made) == dependencies(stored)
    shown = render(stored, field, lang)
    read = references(shown)
    assert read == stored
