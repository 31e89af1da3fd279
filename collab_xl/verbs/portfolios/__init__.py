"""Many masters at once."""
