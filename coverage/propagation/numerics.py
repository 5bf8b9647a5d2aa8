"""Logarithms and powers of two that a compiler can turn into vector instructions.

The C library's versions are calls, one number at a time. These are arithmetic only. Their relative
error is below 1e-9 (base-2 logarithm: absolute error below 1e-10), far under any decibel that
matters. Arguments are finite; logarithms take positive ones.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, cast

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from coverage.propagation._compile import formula

_LOG10_2 = math.log10(2.0)
_LOG2_10 = math.log2(10.0)
_LOG2_E = math.log2(math.e)
_LN_2 = math.log(2.0)

_MANTISSA = (1 << 52) - 1
_BITS_OF_ONE = 1023 << 52
_BITS_OF_TWO_TO_52 = 1075 << 52
_TWO_TO_52 = 2.0**52
_ROUNDING = 1.5 * 2.0**52  # adding it leaves the nearest integer in the low bits


def _reinterpreted(_context: Any, value: Any) -> Any:
    """Tell numba how to take the 64 bits of a float as an integer, and the other way round."""
    to_integer = value == types.float64
    result = types.int64 if to_integer else types.float64

    def codegen(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], ir.IntType(64) if to_integer else ir.DoubleType())

    return result(value), codegen


_bits = cast("Callable[[float], int]", intrinsic(_reinterpreted))
_from_bits = cast("Callable[[int], float]", intrinsic(_reinterpreted))


@formula
def log2(x: float) -> float:
    """Return the base-2 logarithm of `x` > 0.

    x = 2^n (1 + s) / (1 - s) with |s| < 0.172, and log2((1 + s)/(1 - s)) = 2/ln 2 artanh s.
    """
    bits = _bits(x)
    exponent = _from_bits((bits >> 52) | _BITS_OF_TWO_TO_52) - (_TWO_TO_52 + 1023.0)
    mantissa = _from_bits((bits & _MANTISSA) | _BITS_OF_ONE)
    high = mantissa > math.sqrt(2.0)
    mantissa = 0.5 * mantissa if high else mantissa
    exponent = exponent + 1.0 if high else exponent
    s = (mantissa - 1.0) / (mantissa + 1.0)
    z = s * s
    series = 1.0 + z * (
        1.0 / 3.0 + z * (0.2 + z * (1.0 / 7.0 + z * (1.0 / 9.0 + z * (1.0 / 11.0))))
    )
    return exponent + (2.0 / _LN_2) * s * series


@formula
def exp2(x: float) -> float:
    """Return 2 to the power `x`; beyond ±1000 the result stays at 2^±1000."""
    bounded = min(max(x, -1000.0), 1000.0)
    rounded = bounded + _ROUNDING
    r = (bounded - (rounded - _ROUNDING)) * _LN_2
    series = 1.0 + r * (
        1.0
        + r
        * (
            1 / 2
            + r
            * (
                1 / 6
                + r * (1 / 24 + r * (1 / 120 + r * (1 / 720 + r * (1 / 5040 + r * (1 / 40320)))))
            )
        )
    )
    return series * _from_bits((_bits(rounded) << 52) + _BITS_OF_ONE)


@formula
def log10(x: float) -> float:
    """Return the base-10 logarithm of `x` > 0."""
    return _LOG10_2 * log2(x)


@formula
def exp10(x: float) -> float:
    """Return 10 to the power `x`."""
    return exp2(_LOG2_10 * x)


@formula
def exp(x: float) -> float:
    """Return e to the power `x`."""
    return exp2(_LOG2_E * x)


@formula
def log(x: float) -> float:
    """Return the natural logarithm of `x` > 0."""
    return _LN_2 * log2(x)


@formula
def power(base: float, exponent: float) -> float:
    """Return `base` > 0 to the power `exponent`."""
    return exp2(exponent * log2(base))


@formula
def arctan(x: float) -> float:
    """Return the angle whose tangent is `x`, within 1e-8: halved twice, then its series."""
    half = x / (1.0 + math.sqrt(1.0 + x * x))
    quarter = half / (1.0 + math.sqrt(1.0 + half * half))
    z = quarter * quarter
    series = 1.0 - z * (
        1 / 3
        - z
        * (
            1 / 5
            - z * (1 / 7 - z * (1 / 9 - z * (1 / 11 - z * (1 / 13 - z * (1 / 15 - z * (1 / 17))))))
        )
    )
    return 4.0 * quarter * series
