"""Radio propagation: one published model per module, and the engine that covers a raster.

`engine` computes path loss around a mast; `p1812` is the path-specific model behind it; the other
models know only distance, frequency and heights: `free_space`, `hata`, `tr38901`.
"""

from __future__ import annotations

from coverage.propagation._compile import SOURCE_DIGEST

__all__ = ["SOURCE_DIGEST"]
