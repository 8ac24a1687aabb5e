"""Contract suites: what a task, a cell, a kernel, a sampler or a stopping rule of yours promises.

Each is a class of pytest tests. Inherit it in a test module of your own, set what it asks for, and
run pytest, which this room needs and nothing else of rnnsearch does:

    from rnnsearch.tasks.base import Window
    from rnnsearch.testing.tasks import TaskContract

    class TestEcho(TaskContract):
        config = Echo(delay=3)
        windows = (Window(batch_size=4),)

The same suites hold what rnnsearch has of each kind.
"""

import pytest

# pytest explains a failed assertion only where it has rewritten the module.
pytest.register_assert_rewrite(
    *(
        f"{__name__}.{each}"
        for each in (
            *("cells", "exports", "kernels", "networks", "samplers", "stopping_rules", "tasks"),
        )
    )
)
