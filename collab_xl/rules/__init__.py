"""Judging rows: checks, what is late, escalation, computed fields. Asks forms for roles and states, never for a form by its id.  Pure."""
