"""What every training can be told about its loop, whatever the network."""

from typing import Literal

from pydantic import Field

from e2tad.settings import Settings


class LoopSettings(Settings):
    """Length, optimiser, schedule, averages and devices."""

    epochs: int = Field(default=60, ge=1)
    """Times that as many samples as the data has are seen."""
    learning_rate: float = Field(default=1e-3, gt=0)
    """Highest rate of AdamW."""
    weight_decay: float = Field(default=5e-4, ge=0)
    """Of AdamW."""
    warmup_epochs: float = Field(default=3.0, ge=0)
    """Epochs over which the rate grows linearly from a hundredth; then it falls along a half cosine."""
    final_rate: float = Field(default=0.01, ge=0, le=1)
    """Rate at the end, as a share of the highest."""
    average_decay: float = Field(default=0.998, ge=0, lt=1)
    """Of the weights' exponential moving average, a step; the average is what is kept. 0: none."""
    gradient_norm: float = Field(default=0.0, ge=0)
    """Longer gradients are scaled down to this norm; 0: never."""
    precision: Literal["auto", "32-true", "bf16-mixed", "16-mixed"] = "32-true"
    """Of the arithmetic. `auto`: bf16-mixed where the processor or the accelerator has instructions for it,
    else 32-true; a processor without them takes many times as long in bf16."""
    accelerator: Literal["auto", "cpu", "gpu"] = "auto"
    """Where it runs; `auto` takes an accelerator where there is one."""
    devices: int = Field(default=1, ge=1)
    """How many; each has batches of its own."""
    threads: int = Field(default=0, ge=0)
    """CPU threads of the arithmetic; 0: as PyTorch decides."""
    checkpoint_steps: int = Field(default=200, ge=1)
    """Steps between two states on disk from which an interrupted run goes on."""
    evaluate_every: int = Field(default=10, ge=1)
    """Epochs between two measurements on the test data; the last epoch is always measured."""
