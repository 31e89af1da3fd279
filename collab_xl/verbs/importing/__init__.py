"""Trackers read for `import`."""
