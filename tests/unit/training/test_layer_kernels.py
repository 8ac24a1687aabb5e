"""The kernels in pure torch keep the contract."""

from __future__ import annotations

from contracts.kernels import KernelContract

from rnnsearch.training.kernels.batched import BatchedKernel
from rnnsearch.training.kernels.modules import ModulesKernel


class TestBatched(KernelContract):
    kernel = BatchedKernel()


class TestModules(KernelContract):
    kernel = ModulesKernel()
