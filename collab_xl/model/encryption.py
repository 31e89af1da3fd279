"""Recognise files that a company's encryption program has encrypted: outside the company they begin with its mark. Pure."""

from __future__ import annotations

MARKS = ((b"E-SafeNet", "亿赛通 E-SafeNet"), (b"%TSD-Header-###%", "绿盾 TSD"))
HEAD_BYTES = 128
"""The mark is among the first bytes, behind a few bytes that vary."""


def encrypted_by(head: bytes) -> str:
    """The name of the program, "" if no known one has encrypted the file. `head`: at least its first HEAD_BYTES."""
    return next((program for mark, program in MARKS if mark in head[:HEAD_BYTES]), "")
