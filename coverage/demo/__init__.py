"""A complete synthetic province: believable, seeded, labelled synthetic everywhere it shows."""

from __future__ import annotations

from coverage.demo.write import write_demo

__all__ = ["write_demo"]
