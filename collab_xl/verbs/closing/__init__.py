"""What is open, and the archive."""
