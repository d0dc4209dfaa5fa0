"""Retrieval measures of re-identification: mAP and rank k, under Market-1501's protocol."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from e2tad import InputError
from e2tad._arrays import FloatArray, as_float32, as_int32
from e2tad.data.annotated import Kind
from e2tad.data.reid import JUNK, ReidCrops, has_part, load, query_split

PROTOCOLS = ("market", "one-query")
"""`market`: the set's own query and test parts. `one-query`: one query an identity and camera of one part."""


@dataclass(frozen=True)
class Retrieval:
    """How well a gallery is ordered for its queries.

    Attributes:
        mean_average_precision: Mean over the queries of the mean precision at their true matches, in [0, 1].
        rank: Share of the queries whose first true match is among the first 1, 2, ... of the gallery.
        queries: How many queries have a true match; the others count nowhere.
        skipped: How many have none.
        average_precision: `(Q,)` float64 a query; NaN where it was skipped.
    """

    mean_average_precision: float
    rank: npt.NDArray[np.float64]
    queries: int
    skipped: int
    average_precision: npt.NDArray[np.float64]

    def summary(self) -> dict[str, float | int]:
        """The field's three numbers, and how many queries they stand on.

        Returns:
            `mAP`, `R1`, `R5` in [0, 1], `queries` and `skipped`.

        Source:
            DESIGN, Command line: "ReID: mAP R1 R5".
        """
        return {
            "mAP": self.mean_average_precision,
            "R1": float(self.rank[0]),
            "R5": float(self.rank[min(4, len(self.rank) - 1)]),
            "queries": self.queries,
            "skipped": self.skipped,
        }


def retrieve(
    queries: Any,
    query_identity: Any,
    query_camera: Any,
    gallery: Any,
    gallery_identity: Any,
    gallery_camera: Any,
    ranks: int = 10,
) -> Retrieval:
    """Ranks a gallery for each query by cosine similarity and measures the order.

    For each query the gallery's junk (identity -1) and the crops of the same person by the same camera are
    left out. Distractors (identity 0) stay. Equal similarities keep the gallery's order.

    Args:
        queries: `(Q, D)` features; need not be normalised.
        query_identity: `(Q,)` whole numbers, positive.
        query_camera: `(Q,)` whole numbers.
        gallery: `(G, D)` features.
        gallery_identity: `(G,)` whole numbers; -1 junk, 0 distractor.
        gallery_camera: `(G,)` whole numbers.
        ranks: How many ranks to report, at least 1.

    Returns:
        The measures.

    Raises:
        ValueError: If the lengths differ.
        InputError: If no query has a true match, or a feature isn't a number.

    Source:
        Zheng et al., "Scalable Person Re-identification: A Benchmark", ICCV 2015, Sec. 5.1. Average precision
        is the mean of the precision at each true match, not the trapezoids of the set's first scripts.

    Example:
        >>> q, g = [[1.0, 0.0]], [[1.0, 0.1], [1.0, 0.0], [0.0, 1.0]]
        >>> retrieve(q, [7], [1], g, [7, 7, 5], [2, 1, 2]).mean_average_precision
        1.0
    """
    q = _unit_rows(as_float32(queries, "queries", (-1, -1)))
    g = _unit_rows(as_float32(gallery, "gallery", (-1, -1)))
    if not np.isfinite(q).all() or not np.isfinite(g).all():
        raise InputError("the network gives features that aren't numbers")
    if q.shape[1] != g.shape[1] and len(q) and len(g):
        raise ValueError(f"queries have {q.shape[1]} columns, gallery has {g.shape[1]}")
    q_id = as_int32(query_identity, "query_identity", (len(q),))
    q_camera = as_int32(query_camera, "query_camera", (len(q),))
    g_id = as_int32(gallery_identity, "gallery_identity", (len(g),))
    g_camera = as_int32(gallery_camera, "gallery_camera", (len(g),))
    if ranks < 1:
        raise ValueError(f"ranks: expected at least 1, got {ranks}")
    precisions = np.full(len(q), np.nan)
    hits = np.zeros(ranks)
    for i in range(len(q)):
        kept = np.flatnonzero((g_id != JUNK) & ((g_id != q_id[i]) | (g_camera != q_camera[i])))
        order = kept[np.argsort(-(g[kept] @ q[i]), kind="stable")]
        places = np.flatnonzero(g_id[order] == q_id[i])
        if len(places) == 0:
            continue
        precisions[i] = np.mean(np.arange(1, len(places) + 1) / (places + 1))
        hits[places[0] :] += 1
    counted = ~np.isnan(precisions)
    found = int(counted.sum())
    if found == 0:
        raise InputError("no query has a match by another camera in the gallery: nothing can be measured")
    return Retrieval(float(precisions[counted].mean()), hits / found, found, int(len(q) - found), precisions)


def protocol_crops(
    name: str,
    root: str | Path,
    protocol: str,
    part: str | None = None,
    identities: Sequence[int | None] = (0, None),
    kind: Kind = "person",
) -> tuple[ReidCrops, ReidCrops]:
    """The queries and the gallery of an evaluation.

    Args:
        name: A set of `e2tad.data.reid.NAMES`.
        root: Its folder.
        protocol: One of `PROTOCOLS`; simulated clips have no queries of their own, so `one-query` only.
        part: For `one-query`, the part to split; None for `test` where the set has it, else `train`.
        identities: The persons from and before these indices in the order of their numbers, as in a slice;
            (0, None) takes all, distractors too.
        kind: `ball` for the balls of simulated clips.

    Returns:
        `(queries, gallery)`.

    Raises:
        InputError: If a folder is missing, a name isn't of the set's form, or the protocol is unknown.

    Source:
        DESIGN, Command line: `e2tad eval reid`.
    """
    if protocol not in PROTOCOLS:
        raise InputError(f"protocol: expected {' or '.join(PROTOCOLS)}, got {protocol}")
    first, last = identities
    everyone = (first or 0) == 0 and last is None

    def some(crops: ReidCrops) -> ReidCrops:
        return crops if everyone else crops.identities(first or 0, last)

    if name == "simulated":
        if protocol == "market":
            raise InputError("protocol: expected one-query, simulated clips have no part for queries")
        return query_split(some(load(name, root, kind=kind)))
    if protocol == "market":
        queries, gallery = load(name, root, "query").persons(), load(name, root, "test")
        if everyone:
            return queries, gallery
        # The gallery may hold persons whom no query shows: the queries' count.
        chosen_queries = some(queries)
        return chosen_queries, gallery.take(np.isin(gallery.identity, np.unique(chosen_queries.identity)))
    chosen = part or ("test" if has_part(name, root, "test") else "train")
    return query_split(some(load(name, root, chosen)))


def evaluate(
    embed: Callable[[Sequence[Any]], FloatArray], queries: ReidCrops, gallery: ReidCrops, ranks: int = 10
) -> Retrieval:
    """Embeds crops and measures how they are retrieved.

    Args:
        embed: Maps paths to `(N, D)` features.
        queries: The queries.
        gallery: The gallery.
        ranks: How many ranks to report.

    Returns:
        The measures.

    Raises:
        InputError: If a picture can't be read, or no query has a true match.

    Source:
        As `retrieve`.
    """
    return retrieve(
        embed(queries.path),
        queries.identity,
        queries.camera,
        embed(gallery.path),
        gallery.identity,
        gallery.camera,
        ranks,
    )


def _unit_rows(features: FloatArray) -> FloatArray:
    length = np.linalg.norm(features, axis=1, keepdims=True)
    unit: FloatArray = features / np.maximum(length, np.finfo(np.float32).tiny)
    return unit
