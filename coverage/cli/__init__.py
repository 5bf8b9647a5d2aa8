"""The command `phusong`: results on stdout, progress and messages on stderr.

A command imports what it alone needs, so that the others do not wait for it.
"""

from __future__ import annotations

from coverage.cli import inputs, measuring, runs, sending, serving
from coverage.cli.command import main

__all__ = ["inputs", "main", "measuring", "runs", "sending", "serving"]
