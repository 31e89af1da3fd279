"""Count the calls of every ribbon button to Excel, below xlwings, on the demo's master and on masters of 500 and 5,000 rows.

    python -m benchmarks.com_calls

Excel's objects are stand-ins (`tests/excel_com`). The times are estimates: the calls at 0.5 and at 2 ms each.
"""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

if __name__ == "__main__":
    sys.path[:0] = [str(Path(__file__).resolve().parents[1] / "tests")]
    import_module("excel_com.table").main()
