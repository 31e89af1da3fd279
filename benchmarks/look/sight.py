"""How well a colour is told from another: contrast as WCAG 2 counts it, in grey and for the three kinds of colour blindness."""

from __future__ import annotations

import colorsys
from collections.abc import Mapping
from typing import Final

from benchmarks.look.printed import Colour

Matrix = tuple[tuple[float, float, float], ...]
EYES: Final[Mapping[str, Matrix]] = {
    "all colours": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "no red": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "no green": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "no blue": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
    "grey": ((0.2126, 0.7152, 0.0722),) * 3,
}
"""What an eye makes of linear red, green and blue; those of blindness from Machado, Oliveira and Fernandes 2009, severity 1."""


def contrast(one: Colour, other: Colour) -> tuple[float, str]:
    """The least contrast of two colours, from 1 to 21, and the eye that has it."""
    return min((_ratio(one, other, matrix), eye) for eye, matrix in EYES.items())


def _ratio(one: Colour, other: Colour, matrix: Matrix) -> float:
    dark, light = sorted((_luminance(one, matrix), _luminance(other, matrix)))
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: Colour, matrix: Matrix) -> float:
    linear = [_linear(part / 255) for part in colour]
    seen = [min(1.0, max(0.0, sum(a * b for a, b in zip(row, linear, strict=True)))) for row in matrix]
    return 0.2126 * seen[0] + 0.7152 * seen[1] + 0.0722 * seen[2]


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4


def signal(colour: Colour) -> str:
    """red, amber or green, if a reader would call it so; "" for every other colour, also for a very pale one."""
    hue, saturation, value = colorsys.rgb_to_hsv(*(part / 255 for part in colour))
    if saturation < 0.12 or value < 0.25:
        return ""
    degrees = hue * 360
    return "red" if degrees < 18 or degrees > 340 else "amber" if degrees < 60 else "green" if 90 < degrees < 170 else ""
