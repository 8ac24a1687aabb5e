"""Ray for the time of a search: started on this machine, or a cluster that is there already."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Literal

from rnnsearch.errors import ClusterError
from rnnsearch.search.tune.head_watch import HeadWatch, answers, connect

SWITCHES = {
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",  # json, csv, tensorboard: 3 ms a step, megabytes
    "TUNE_DISABLE_SIGINT_HANDLER": "1",  # signals are ours
    "TUNE_GLOBAL_CHECKPOINT_S": "1000000000",  # Tune's restore is not used
    "TUNE_WARN_THRESHOLD_S": "60",
    "RAY_CHDIR_TO_TRIAL_DIR": "0",
    "RAY_AIR_NEW_OUTPUT": "0",  # with verbose=0 the old reporter prints nothing at all
    # given by name: for callbacks that a Tuner is given, Ray imports all of MLflow to count them
    "RAY_TUNE_CALLBACKS": "rnnsearch.search.tune.no_output.NoOutput",
    "RAY_TRAIN_ENABLE_V2_MIGRATION_WARNINGS": "0",
    "RAY_USAGE_STATS_ENABLED": "0",
    # Tune gives its actors an environment of their own, so they never take a worker from stock
    "RAY_prestart_worker_first_driver": "0",
    # Ray's own 15 leaves a pack what the writer of the records, at 10, does not want. The driver,
    # which few cycles of keep many slots filled, goes before the packs.
    "RAY_worker_niceness": "5",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
}
"""Environment of the driver, set before `ray` is imported."""

CONNECT_SECONDS = 5.0
_ASK_CLUSTER = "import sys; from ray._raylet import GcsClient; GcsClient(address=sys.argv[1])"


def set_switches() -> None:
    """Put `SWITCHES` into the environment; what the user has set stays."""
    for name, value in SWITCHES.items():
        os.environ.setdefault(name, value)


@contextmanager
def ray_session(
    address: str | None,
    log_file: Path,
    *,
    on_lost: Callable[[ClusterError], None] = lambda error: None,
    go_on: str = "",
) -> Iterator[None]:
    """Ray, quiet: what it logs goes to `log_file`, and what workers print stays with them.

    Where this process has Ray running already it is used and left running. Where Ray's head is
    lost and the caller, told so, stands in a call of Ray that never returns, the words are printed
    and the process ends with status 2, before Ray ends it without any.

    Args:
        on_lost: Called from another thread when Ray's head does not answer any more.
        go_on: The command that goes on later, for the error that says so.

    Raises:
        ClusterError: The cluster cannot be reached or refuses us, or this process is in another,
            or its head was lost.
    """
    set_switches()
    import ray

    started = not ray.is_initialized()
    if started:
        _start(address)
    elif address is not None:
        here = ray.get_runtime_context().gcs_address
        if check_address(address) != here:
            raise ClusterError(
                f"This process is in the Ray cluster at {here} already, and cannot be in the one "
                f"at {address} too. Call ray.shutdown() first, or give no address."
            )
    head = str(ray.get_runtime_context().gcs_address)
    gone = _head_is_gone(head, go_on)
    watch = HeadWatch(partial(answers, head), partial(on_lost, gone), partial(_last_words, gone))
    with _logged_to(log_file), watch.watching():
        try:
            yield
        except Exception as error:
            # Ray's own words for a head that is gone differ from call to call
            if isinstance(error, ClusterError) or answers(head):
                raise
            raise gone from error
        finally:
            if started:
                ray.shutdown()


def _head_is_gone(head: str, go_on: str) -> ClusterError:
    text = (
        f"Ray's head service at {head} does not answer any more: its process was ended, or its "
        "machine cannot be reached. What the packs had reported is on disk."
    )
    return ClusterError(f"{text} Go on with it:\n  {go_on}" if go_on else text)


def _last_words(error: ClusterError) -> None:
    """End the process: its main thread waits in C++ for Ray, which nothing can interrupt."""
    sys.stderr.write(f"\nerror: {error}\n")
    sys.stderr.flush()
    os._exit(2)


def _start(address: str | None) -> None:
    import ray
    from ray.exceptions import RayError

    quiet = {"log_to_driver": False, "configure_logging": True, "logging_level": logging.ERROR}
    start = partial(ray.init, namespace="rnnsearch", **quiet)
    if address is None:
        # `local` never joins a cluster that happens to run here, whatever RAY_ADDRESS says
        start = partial(start, address="local", include_dashboard=False)
    else:
        address = check_address(address)
        start = partial(start, address=address)
    on_sigterm = signal.getsignal(signal.SIGTERM)
    try:
        try:
            start()
        except Exception as error:
            if not _is_late(error):
                raise
            ray.shutdown()  # what came up of it; the second start finds its files in memory
            start()
        if callable(on_sigterm) and threading.current_thread() is threading.main_thread():
            # Ray's own handler exits with status 15 past our cleanups
            signal.signal(signal.SIGTERM, on_sigterm)
    except Exception as error:
        kinds = (ConnectionError, RuntimeError, ValueError, OSError, RayError)
        if not isinstance(error, kinds) and not _is_late(error):
            raise
        where = "Ray cannot start on this machine" if address is None else f"Ray at {address}"
        raise ClusterError(
            f"{where}: {_first_line(error)}\n{_remedy(address, str(error))}"
        ) from error


def _is_late(error: Exception) -> bool:
    """Whether Ray's own node was not up within its 30 s: an Exception of no kind says so."""
    return type(error) is Exception


def check_address(address: str) -> str:
    """Whether a cluster answers there and accepts us, within seconds and without joining it.

    Returns:
        The address, with `auto` as HOST:PORT.

    Raises:
        ClusterError: It does not; the text says why and what to do.
    """
    address = _resolved(address)
    if address not in ("auto", "local"):
        _check_reachable(address)
        _check_accepted(address)
    return address


def _resolved(address: str) -> str:
    """`auto` as HOST:PORT, so that the checks hold for it too; any other address as it is.

    Raises:
        ClusterError: No cluster runs on this machine.
    """
    if address != "auto":
        return address
    from ray._private.services import canonicalize_bootstrap_address

    try:
        found = canonicalize_bootstrap_address(address)
    except (ConnectionError, ValueError) as error:
        raise ClusterError(
            f"Ray at {address}: {_first_line(error)}\n{_remedy(address, '')}"
        ) from error
    return str(found or address)


def _check_reachable(address: str) -> None:
    """Fail within seconds where nobody listens; `ray.init` itself tries for minutes.

    Raises:
        ClusterError: The address is malformed, nobody answers, or it is a Ray Client address.
    """
    if address.startswith("ray://"):
        raise ClusterError(
            f"{address} is a Ray Client address, and the driver must run inside the cluster. "
            "Submit it with `ray job submit` instead, as `rnnsearch guide cluster` shows."
        )
    host, _, port = address.rpartition(":")
    if not host or not port.isdigit():
        raise ClusterError(f"{address!r} is no cluster address. Give HOST:PORT or auto.")
    try:
        connect(address, CONNECT_SECONDS)
    except OSError as error:
        raise ClusterError(
            f"Nobody answers at {address}: {error}.\n{_remedy(address, str(error))}"
        ) from error


def _check_accepted(address: str) -> None:
    """Fail within seconds where the cluster refuses our token.

    Ray's own client asks again for twenty seconds, says so on the screen from C++, and then does
    not name the reason; so a child asks first, and its words are read here.

    Raises:
        ClusterError: The token is missing or wrong, or what listens there is not Ray.
    """
    command = [sys.executable, "-c", _ASK_CLUSTER, address]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as child:
        assert child.stderr is not None
        timer = threading.Timer(2 * CONNECT_SECONDS, child.kill)
        timer.start()
        try:
            verdicts = map(_verdict, child.stderr)
            verdict = next((one for one in verdicts if one is not None), None)
            child.kill()
        finally:
            timer.cancel()
    if verdict == "refused":
        text = "the authentication token is missing or wrong"
        raise ClusterError(f"Ray at {address} refuses us: {text}.\n{_remedy(address, text)}")
    if verdict == "silent":
        raise ClusterError(
            f"What listens at {address} does not answer as Ray.\n"
            "Give the address of the head node (port 6379 by default), not that of its dashboard."
        )


def _verdict(line: str) -> Literal["refused", "silent"] | None:
    """What a line of the child's log says about the cluster."""
    if "AuthToken" in line or "Unauthenticated" in line:
        return "refused"
    return "silent" if "Failed to connect to GCS" in line else None


def _remedy(address: str | None, text: str) -> str:
    lowered = text.lower()
    if "token" in lowered or "auth" in lowered:
        return (
            "The cluster wants its token: set RAY_AUTH_MODE=token and RAY_AUTH_TOKEN_PATH to a "
            "copy of the head node's ~/.ray/auth_token."
        )
    if "timed out during startup" in lowered:
        return "The machine is too busy for Ray to start; nothing is lost, so try again later."
    if address is None:
        return "See logs/ray.log in the study's folder and the logs under /tmp/ray."
    return "Start it with `ray start --head`, or leave --address out to use this machine."


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__


@contextmanager
def _logged_to(log_file: Path) -> Iterator[None]:
    """Send the `ray` loggers of this process to a file instead of the screen."""
    log_file.parent.mkdir(parents=True, exist_ok=True)
    handler = logging.FileHandler(log_file, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    names = ["ray", *(name for name in logging.root.manager.loggerDict if name.startswith("ray."))]
    before = [(log, log.handlers[:], log.propagate) for log in map(logging.getLogger, names)]
    for log, _, _ in before:
        log.handlers = [handler] if log.name == "ray" else []
        log.propagate = log.name != "ray"
    try:
        yield
    finally:
        for log, handlers, propagate in before:
            log.handlers, log.propagate = handlers, propagate
        handler.close()
