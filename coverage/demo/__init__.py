"""A complete synthetic province: believable, seeded, labelled synthetic everywhere it shows."""

from __future__ import annotations

from coverage.demo.write import write_demo
from coverage.demo.write_country import write_country

__all__ = ["write_country", "write_demo"]
