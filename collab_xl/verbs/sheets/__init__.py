"""What verbs write into the sheets of a master."""
