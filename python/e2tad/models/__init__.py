"""The networks: detectors, the embedder and its classifiers, RainNet. Importing this imports torch."""

from e2tad.models.rainnet import RainNet, RegionNorm
from e2tad.models.reid import IdentityClassifier, ReidNetwork, ViewClassifier, reverse_gradient
from e2tad.models.sizes import build, count_flops, count_parameters, info
from e2tad.models.yolo import Detector, RawHead, YoloMobileV1, YoloMobileV2, YoloV5S

__all__ = [
    "Detector",
    "IdentityClassifier",
    "RainNet",
    "RawHead",
    "RegionNorm",
    "ReidNetwork",
    "ViewClassifier",
    "YoloMobileV1",
    "YoloMobileV2",
    "YoloV5S",
    "build",
    "count_flops",
    "count_parameters",
    "info",
    "reverse_gradient",
]
