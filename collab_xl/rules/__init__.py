"""Judge rows: checks, lateness, escalation, computed fields. The code uses roles and states, never the id of a form.  Pure."""
