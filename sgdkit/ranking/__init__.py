"""Learning to rank: query groups and metrics."""

from sgdkit.ranking.groups import contiguous_queries
from sgdkit.ranking.metrics import grouped_ndcg_score

__all__ = ("contiguous_queries", "grouped_ndcg_score")
