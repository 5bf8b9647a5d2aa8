"""`python -m coverage.jobs FOLDER SLOTS`: the process of one job."""

from __future__ import annotations

import sys
from pathlib import Path

from coverage.jobs.work import work

if __name__ == "__main__":
    work(Path(sys.argv[1]), int(sys.argv[2]))
