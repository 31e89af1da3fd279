"""collab_xl: run cross-department work in Excel without losing an hour or an edit."""

__version__ = "0.1.0"
