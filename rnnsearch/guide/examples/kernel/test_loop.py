from loop import LoopKernel

from rnnsearch.testing.kernels import KernelContract


class TestLoop(KernelContract):
    kernel = LoopKernel()
