"""Questions to the PMO and what was answered."""
