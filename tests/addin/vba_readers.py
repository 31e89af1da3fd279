"""Other people's readers of VBA projects. oletools is installed by tools/setup.py without its dependencies: one of them is GPL."""

from __future__ import annotations

import importlib
import os
import warnings
from typing import Any

import pytest


def olevba() -> Any:
    """The module `oletools.olevba`. Skips without it, or fails where CI is set."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # its own, about its parser
            return importlib.import_module("oletools.olevba")
    except ImportError as error:
        if os.environ.get("CI"):
            pytest.fail(f"oletools is missing and CI is set: {error}")
        pytest.skip("oletools is missing: pip install --no-deps oletools")
