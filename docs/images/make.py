"""Draw the figure of the README: ``python docs/images/make.py``."""

from pathlib import Path

from sgdkit.demo.cases import load_cases
from sgdkit.demo.train import train_case
from sgdkit.governance.render import plots

if __name__ == "__main__":
    run = train_case(load_cases()[0]).run
    folder = Path(__file__).parent
    (folder / "dimensions.png").write_bytes(plots.to_png(plots.dimension_figure(run.record)))
