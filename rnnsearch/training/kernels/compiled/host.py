"""What the processor that numba compiles for can do, and how many vector registers it has."""

from __future__ import annotations

import platform

import llvmlite.binding

from rnnsearch.training.kernels.compiled.insides import config


def features() -> set[str]:
    """LLVM's names for what the processor can do; the variable `NUMBA_CPU_FEATURES` overrides
    them."""
    if config.CPU_FEATURES:
        return {name[1:] for name in config.CPU_FEATURES.split(",") if name.startswith("+")}
    return {name for name, present in llvmlite.binding.get_host_cpu_features().items() if present}


def sums_in_registers() -> int:
    """How many vectors of sixteen floats a tile can sum without spilling.

    A quarter of the registers is left for operands: AVX-512 has 32 of 16 floats, AVX2 16 of 8,
    NEON 32 of 4.
    """
    if platform.machine().lower() in ("aarch64", "arm64"):
        return 6
    return 24 if "avx512f" in features() else 6


def refusal() -> str:
    """Why the kernels would not run well on this machine; empty if they do."""
    machine = platform.machine().lower()
    if machine in ("aarch64", "arm64"):
        return ""
    if machine not in ("x86_64", "amd64"):
        return f"untried on {machine}"
    if not {"avx2", "fma"} <= features():
        return "the processor has no AVX2 with fused multiply-add"
    return ""
