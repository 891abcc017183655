"""The arithmetic that several check digits share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pruefstand.rng import Rng


def is_digits(text: str, length: int) -> bool:
    """Return whether `text` is exactly `length` ASCII digits."""
    return len(text) == length and text.isascii() and text.isdigit()


def values(text: str) -> list[int]:
    """Return the digits of `text` as numbers."""
    return [int(character) for character in text]


def weighted_sum(digits: Iterable[int], weights: Sequence[int]) -> int:
    """Return the sum of digit times weight, the weights repeating."""
    return sum(digit * weights[i % len(weights)] for i, digit in enumerate(digits))


def weighted_cross_sum(digits: Iterable[int], weights: Sequence[int]) -> int:
    """Return the sum of the cross sums of digit times weight, the weights repeating."""
    products = (digit * weights[i % len(weights)] for i, digit in enumerate(digits))
    return sum(product // 10 + product % 10 for product in products)


def draw(rng: Rng, length: int) -> str:
    """Return `length` random digits."""
    return f"{rng.integer(0, 10**length - 1):0{length}d}"
