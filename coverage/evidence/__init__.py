"""What is known of a place's signal, source by source, and the one answer it gives.

Prediction, reports, measurements and operators' published maps stay in columns of their own; none
is ever overwritten. The rule that makes the verdict of them is `scenario.evidence`, and stands in
docs/methods.md.
"""

from __future__ import annotations

from coverage.evidence.clusters import cluster_counts, gap_size
from coverage.evidence.verdict import Found, answer_chances, assess, evidence, sources_differ

__all__ = [
    "Found",
    "answer_chances",
    "assess",
    "cluster_counts",
    "evidence",
    "gap_size",
    "sources_differ",
]
