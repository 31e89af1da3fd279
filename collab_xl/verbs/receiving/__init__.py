"""Packs that come in: states, reading, evidence, merging, returns."""
