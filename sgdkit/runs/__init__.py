"""A run: from a file of rows to a folder with a model, its record and its report. Behind ``sgdkit train``."""

from sgdkit.runs.config import RunConfig, read_config
from sgdkit.runs.model_file import load_model, save_model
from sgdkit.runs.predict import predict_file
from sgdkit.runs.reaudit import Changes, Reaudit, reaudit
from sgdkit.runs.train import TrainedRun, train_run

__all__ = (
    "Changes",
    "Reaudit",
    "RunConfig",
    "TrainedRun",
    "load_model",
    "predict_file",
    "read_config",
    "reaudit",
    "save_model",
    "train_run",
)
