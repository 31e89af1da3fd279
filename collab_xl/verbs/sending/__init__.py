"""What is mailed and told."""
