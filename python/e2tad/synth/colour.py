"""RGB and CIE Lab for arrays of floats."""

import numpy as np

from e2tad._arrays import FloatArray

# IEC 61966-2-1: linear RGB to CIE XYZ, divided by D65's white.
_XYZ = np.array(
    [
        [0.4124564 / 0.95047, 0.3575761 / 0.95047, 0.1804375 / 0.95047],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339 / 1.08883, 0.1191920 / 1.08883, 0.9503041 / 1.08883],
    ]
)
_DELTA = 6 / 29


def lab_of(rgb: FloatArray) -> FloatArray:
    """CIE Lab of sRGB.

    Args:
        rgb: `(..., 3)` from 0 to 1.

    Returns:
        `(..., 3)` float32: L from 0 to 100, a and b.

    Source:
        IEC 61966-2-1; CIE 15:2004 (D65).
    """
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((np.maximum(rgb, 0.04045) + 0.055) / 1.055) ** 2.4)
    xyz = linear @ _XYZ.T
    f = np.where(xyz > _DELTA**3, np.cbrt(xyz), xyz / (3 * _DELTA**2) + 4 / 29)
    x, y, z = f[..., 0], f[..., 1], f[..., 2]
    lab: FloatArray = np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], -1).astype(np.float32)
    return lab


def rgb_of(lab: FloatArray) -> FloatArray:
    """SRGB of CIE Lab.

    Args:
        lab: `(..., 3)`: L from 0 to 100, a and b.

    Returns:
        `(..., 3)` float32 from 0 to 1; colours outside of sRGB are cut to it.

    Source:
        As `lab_of`.
    """
    y = (lab[..., 0] + 16) / 116
    f = np.stack([y + lab[..., 1] / 500, y, y - lab[..., 2] / 200], -1)
    xyz = np.where(f > _DELTA, f**3, 3 * _DELTA**2 * (f - 4 / 29))
    linear = np.clip(xyz @ np.linalg.inv(_XYZ).T, 0, 1)
    rgb = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    out: FloatArray = rgb.astype(np.float32)
    return out
