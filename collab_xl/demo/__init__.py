"""A week of an invented project, told with the real product: scenario (what the master holds) and replies (what people mail back)."""
