"""Radio propagation: one published model per module, and the engine that covers a raster.

`engine` computes path loss around a mast; `p1812` is the path-specific model behind it; the other
models know only distance, frequency and heights: `free_space`, `hata`, `tr38901`.
"""
