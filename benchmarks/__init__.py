"""Speed against what cannot be avoided (the floor) and against the script people write first (stacking)."""
