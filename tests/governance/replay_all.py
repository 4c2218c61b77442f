"""Replay every record in a folder, in a process of its own: ``python replay_all.py FOLDER``."""

import json
import sys
from pathlib import Path

import numpy as np

from sgdkit.governance import replay

folder = Path(sys.argv[1])
tables = dict(np.load(folder / "data.npz"))
for path in sorted(folder.glob("*.json")):
    name = path.stem.partition("-")[0]
    given = {"qid": tables[f"{name}_qid"]} if "LinearRanker" in path.stem else {}
    target = "relevance" if given else "y"
    found = replay(
        json.loads(path.read_text()), tables[f"{name}_X"], tables[f"{name}_{target}"], fit_params=given
    )
    print(path.stem, found.outcome)
