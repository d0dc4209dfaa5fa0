"""Result files made by hand."""

import json
from pathlib import Path
from typing import Any


def row(
    name: str, values: dict[str, Any], paper: dict[str, float] | None = None, **more: Any
) -> dict[str, Any]:
    """A row. `values`: metric to a list with a value a seed, or to `{seed: {clip: value}}`."""
    runs: dict[tuple[int, str | None], dict[str, float | None]] = {}
    for metric, given in values.items():
        seeds = given if isinstance(given, dict) else {k: {None: v} for k, v in enumerate(given)}
        for seed, clips in seeds.items():
            for clip, value in clips.items():
                runs.setdefault((seed, clip), {})[metric] = value
    return {
        "id": name,
        "label": name,
        "paper": paper or {},
        "status": "done",
        "error": None,
        "runs": [
            {"seed": seed, "clip": clip, "metrics": metrics, "seconds": 1.0}
            for (seed, clip), metrics in runs.items()
        ],
        **more,
    }


def result(experiment: str, rows: list[dict[str, Any]], scale: str = "laptop", **more: Any) -> dict[str, Any]:
    """A result file's document; its metrics are those of the rows' first runs."""
    names = list(dict.fromkeys(name for r in rows for run in r["runs"] for name in run["metrics"]))
    return {
        "experiment": experiment,
        "title": f"{experiment}, by hand",
        "scale": scale,
        "source": "Table",
        "metrics": [{"name": n, "label": n, "unit": "", "better": "higher"} for n in names],
        "commit": "0123456789",
        "machine": "a machine",
        "data": "made by hand",
        "energy": None,
        "made_by": "e2tad table",
        "rows": rows,
        **more,
    }


def write(folder: Path, document: dict[str, Any]) -> Path:
    """Writes it under its name."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{document['experiment']}.{document['scale']}.json"
    path.write_text(json.dumps(document))
    return path
