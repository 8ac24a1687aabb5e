"""Runs Ray Tune's loop, with packs in the place of its trials."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from rnnsearch.search.control import Control
from rnnsearch.search.messages import PackSettings
from rnnsearch.search.tune.cluster import set_switches
from rnnsearch.search.tune.sending import sending
from rnnsearch.space.spec import ResourcesConfig


def tune(
    control: Control,
    settings: PackSettings,
    resources: ResourcesConfig,
    code: Mapping[str, Any],
    shield: Callable[[], Any],
    folder: Path,
    *,
    script: bool = False,
    room_bytes: int = 0,
) -> None:
    """Run packs until the control has nothing left to do.

    The first error of a hook stands in `control.error` afterwards.

    Args:
        settings: The settings of every pack.
        resources: What a pack takes of the cluster.
        code: Classes and functions of a script or a notebook, by their paths. Ray's object store
            brings them to the packs, and no file holds them.
        shield: Makes a context in which a second signal has to wait.
        folder: Tune's experiment folder, which is deleted at the end, since Tune's restore is not
            used. It lies in the study's folder, so that a killed driver leaves it there and the
            next one deletes it.
        script: Whether the packs train a script, which has no kernels.
        room_bytes: Memory of the largest trial, where that of a node bounds what its packs hold;
            else 0.

    Raises:
        InputError: Some of the code cannot be sent to the packs.
        KeyboardInterrupt: A second signal came.
    """
    set_switches()
    # The searcher says how many packs there may be, and Tune starts all of them at once.
    os.environ["TUNE_MAX_PENDING_TRIALS_PG"] = "10000"
    from pyarrow.fs import LocalFileSystem
    from ray import tune as ray_tune

    from rnnsearch.search.tune.early_stopping import EarlyStopping, LeftBehind
    from rnnsearch.search.tune.growth import Growth
    from rnnsearch.search.tune.looks import Looks
    from rnnsearch.search.tune.no_output import NoReport
    from rnnsearch.search.tune.pack_trainable import PackTrainable
    from rnnsearch.search.tune.requests import pack_config, placed
    from rnnsearch.search.tune.searcher import PackSearcher
    from rnnsearch.search.tune.withheld import withhold_credentials

    withhold_credentials()
    looks = Looks(control, resources, script=script)
    growth = Growth(control.fleet, resources, control.need, room_bytes)

    def look(pending: int) -> None:
        growth.look()
        looks.look(pending)

    scheduler = EarlyStopping(control, shield, look=look, node_died=growth.has_died)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    pack: Any = PackTrainable
    if code:
        with sending("the code of the script or notebook"):
            pack = ray_tune.with_parameters(PackTrainable, code=dict(code))
    tuner = ray_tune.Tuner(
        ray_tune.with_resources(pack, placed),
        tune_config=ray_tune.TuneConfig(
            search_alg=PackSearcher(
                control, lambda plain: pack_config(resources, settings, plain=plain)
            ),
            scheduler=scheduler,
            num_samples=-1,
        ),
        run_config=ray_tune.RunConfig(
            name="packs",
            storage_path=str(folder),
            # Given, so that the path is not read as a URI, in which `%20` would be a blank.
            storage_filesystem=LocalFileSystem(),
            verbose=0,
            progress_reporter=NoReport(),
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
