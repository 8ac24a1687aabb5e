"""Ray Tune's loop around the control."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rnnsearch.search.control import Control
from rnnsearch.search.messages import PackSettings
from rnnsearch.search.tune.cluster import set_switches
from rnnsearch.space.spec import ResourcesConfig


def tune(
    control: Control,
    settings: PackSettings,
    resources: ResourcesConfig,
    shield: Callable[[], Any],
    folder: Path,
) -> None:
    """Run packs until the control has nothing left to do.

    Tune's experiment folder is disposable: the ledger is the only truth, and Tune's restore is
    not used. Errors of our hooks are in `control.error` afterwards.

    Args:
        folder: Becomes Tune's, and is removed at the end. It lies in the study's own, so that a
            driver that is killed leaves nothing where nobody would look; the next one removes it.

    Raises:
        KeyboardInterrupt: A second signal; packs are still alive then.
    """
    set_switches()
    os.environ["TUNE_MAX_PENDING_TRIALS_PG"] = str(control.places)  # all packs start at once
    from pyarrow.fs import LocalFileSystem
    from ray import tune as ray_tune

    from rnnsearch.search.tune.early_stopping import EarlyStopping, LeftBehind
    from rnnsearch.search.tune.pack_trainable import PackTrainable
    from rnnsearch.search.tune.searcher import PackSearcher

    scheduler = EarlyStopping(control, shield)
    needs = {"cpu": resources.cpus_per_pack, "gpu": resources.gpus_per_pack}
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    tuner = ray_tune.Tuner(
        ray_tune.with_resources(PackTrainable, needs),
        tune_config=ray_tune.TuneConfig(
            search_alg=PackSearcher(control, asdict(settings)),
            scheduler=scheduler,
            num_samples=-1,
        ),
        run_config=ray_tune.RunConfig(
            name="packs",
            storage_path=str(folder),
            # given, so that no path is taken for a URI: `%20` in one is a name, and no blank
            storage_filesystem=LocalFileSystem(),
            verbose=0,
            failure_config=ray_tune.FailureConfig(max_failures=0),
            checkpoint_config=ray_tune.CheckpointConfig(checkpoint_at_end=False),
        ),
    )
    try:
        tuner.fit()
    except LeftBehind:
        return
    finally:
        scheduler.kill_packs()
        shutil.rmtree(folder, ignore_errors=True)
