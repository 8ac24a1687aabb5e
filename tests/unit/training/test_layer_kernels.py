"""The kernels in pure torch keep the contract."""

from __future__ import annotations

from contracts.recorders import needs_gpu

from rnnsearch.testing.kernels import KernelContract
from rnnsearch.training.kernels.batched.kernel import BatchedKernel
from rnnsearch.training.kernels.modules import ModulesKernel


class TestBatched(KernelContract):
    kernel = BatchedKernel()


class TestModules(KernelContract):
    kernel = ModulesKernel()


@needs_gpu
class TestBatchedOnAGpu(KernelContract):
    kernel = BatchedKernel()
    device = "cuda"
    bitwise_in_company = False  # cuBLAS chooses by the number of members


@needs_gpu
class TestModulesOnAGpu(KernelContract):
    kernel = ModulesKernel()
    device = "cuda"
    bitwise_in_company = False
