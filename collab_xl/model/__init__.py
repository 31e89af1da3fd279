"""The values that stages pass to each other. Nothing in this folder touches Excel, disk, clock or network."""
