"""The script people write first: read every workbook with pandas, put the rows under each other, write them out.

    python -m benchmarks.stack PACKS_FOLDER OUT.xlsx

It merges nothing, checks nothing and keeps nothing of the master; it is here to be compared with.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd


def stack(folder: Path, out: Path, sheet: str) -> int:
    """Returns the number of rows written."""
    frames = [pd.read_excel(path, sheet_name=sheet, header=2, engine="openpyxl") for path in sorted(folder.glob("*.xlsx"))]
    stacked = pd.concat([frame.dropna(how="all", subset=frame.columns[:2]) for frame in frames], ignore_index=True)
    stacked.to_excel(out, index=False)
    return len(stacked)


if __name__ == "__main__":
    print(stack(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3] if len(sys.argv) > 3 else "任务跟踪表"))
