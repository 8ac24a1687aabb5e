"""Starts Ray on this machine for the time of a search, or connects to a cluster."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Literal

from rnnsearch.errors import ClusterError
from rnnsearch.search.tune.head_watch import answers, connect, head_watched
from rnnsearch.search.tune.joining import joining

SWITCHES = {
    # Tune's json, csv and tensorboard files cost 3 ms a report, and megabytes.
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",
    "TUNE_DISABLE_SIGINT_HANDLER": "1",  # rnnsearch handles signals itself
    "TUNE_GLOBAL_CHECKPOINT_S": "1000000000",  # Tune's restore is not used
    "TUNE_WARN_THRESHOLD_S": "60",
    "RAY_CHDIR_TO_TRIAL_DIR": "0",
    "RAY_AIR_NEW_OUTPUT": "0",  # with verbose=0 only the old reporter prints nothing at all
    # The callback is given by name. To count callbacks that a Tuner is given as objects, Ray
    # imports all of MLflow.
    "RAY_TUNE_CALLBACKS": "rnnsearch.search.tune.no_output.NoOutput",
    "RAY_TRAIN_ENABLE_V2_MIGRATION_WARNINGS": "0",
    "RAY_USAGE_STATS_ENABLED": "0",
    # Tune gives its actors an environment of their own, so a worker started ahead is never used.
    "RAY_prestart_worker_first_driver": "0",
    # Packs come before the writer of the records, which runs at niceness 10; Ray's default for
    # them is 15. The driver comes before the packs: little work of it keeps many slots filled.
    "RAY_worker_niceness": "5",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
}
"""Environment variables of the driver, set before `ray` is imported."""

CONNECT_SECONDS = 5.0
NODE_LOST_SECONDS = 10.0
"""How long the process of this node may be silent: unlike a head it does not come back."""
_ASK_CLUSTER = "import sys; from ray._raylet import GcsClient; GcsClient(address=sys.argv[1])"


def set_switches() -> None:
    """Put `SWITCHES` into the environment; variables that the user has set stay as they are."""
    for name, value in SWITCHES.items():
        os.environ.setdefault(name, value)


@contextmanager
def ray_session(
    address: str | None,
    log_file: Path,
    *,
    on_lost: Callable[[ClusterError], None] = lambda error: None,
    on_silent: Callable[[bool], None] = lambda yes: None,
    go_on: str = "",
    modules: Sequence[Path] = (),
) -> Iterator[None]:
    """A context in which Ray runs and prints nothing.

    Ray's log messages go to a file, and what workers print stays in their own logs. If this process
    runs Ray already, that is used and left running. If Ray's head, or its process of this node, is
    lost while the caller is in a call of Ray that never returns, the error is printed and the
    process ends with status 2, before Ray itself ends the process without a word, or waits for
    ever.

    Args:
        address: A cluster; None starts Ray on this machine.
        log_file: Where Ray's log messages go.
        on_lost: Called from another thread with the error when Ray's head, or its process of this
            node, does not answer any more.
        on_silent: Called every second from that thread with whether the head does not answer.
        go_on: The command that goes on with the study, for the text of that error.
        modules: Files and folders of modules that Ray brings to the processes of this driver on
            all nodes, where it is started or joined here.

    Raises:
        ClusterError: The cluster cannot be reached or refuses the connection, this process is in
            another cluster, or the head was lost.
    """
    set_switches()
    import ray

    started = not ray.is_initialized()
    if started:
        _start(address, modules, go_on)
    elif address is not None:
        here = ray.get_runtime_context().gcs_address
        if check_address(address) != here:
            raise ClusterError(
                f"This process is in the Ray cluster at {here} already, and cannot be in the one "
                f"at {address} too. Call ray.shutdown() first, or give no address."
            )
    head = str(ray.get_runtime_context().gcs_address)
    head_gone = _is_gone(f"Ray's head service at {head}", go_on)
    try:
        node = _own_node()
    except Exception as error:
        if answers(head):
            raise
        raise head_gone from error
    node_gone = _is_gone(f"Ray's process of this node (the raylet, at {node})", go_on)
    head_watch = head_watched(
        partial(answers, head),
        partial(on_lost, head_gone),
        partial(_last_words, head_gone),
        silent=on_silent,
    )
    node_watch = head_watched(
        partial(answers, node),
        partial(on_lost, node_gone),
        partial(_last_words, node_gone),
        lost_seconds=NODE_LOST_SECONDS,
    )
    with _logged_to(log_file), head_watch, node_watch:
        try:
            yield
        except Exception as error:
            # The errors that Ray raises when one of them is gone differ from call to call.
            if isinstance(error, ClusterError):
                raise
            for place, gone in ((head, head_gone), (node, node_gone)):
                if not answers(place):
                    raise gone from error
            raise
        finally:
            if started:
                ray.shutdown()


def _own_node() -> str:
    """Host and port of the process that runs Ray's node of this driver."""
    import ray

    from rnnsearch.search.tune.nodes import nodes

    mine = ray.get_runtime_context().get_node_id()
    host, port = next(one.address for one in nodes() if one.node_id == mine)
    return f"{host}:{port}"


def _is_gone(what: str, go_on: str) -> ClusterError:
    text = (
        f"{what} does not answer any more: its process was ended, or its "
        "machine cannot be reached. What the packs had reported is on disk."
    )
    return ClusterError(f"{text} Go on with it:\n  {go_on}" if go_on else text)


def _went_away(head: str | None, go_on: str) -> ClusterError:
    """What is told where a cluster goes away while it is joined, or Ray's processes here do."""
    if head is None:
        what = (
            "Ray ended this process while it started on this machine: one of Ray's own processes "
            "was ended meanwhile, as for a lack of memory."
        )
    else:
        what = (
            f"Ray at {head} went away while this process joined it: its head, or Ray's process "
            "of this node, was ended, or its machine cannot be reached."
        )
    then = f"Then go on:\n  {go_on}" if go_on else "Then try again."
    return ClusterError(f"{what}\n{_remedy(head, '')}\n{then}")


def _last_words(error: Exception) -> None:
    """Print an error and end the process, whose main thread waits for Ray in C++ for ever."""
    sys.stderr.write(f"\nerror: {error}\n")
    sys.stderr.flush()
    os._exit(2)


def _start(address: str | None, modules: Sequence[Path], go_on: str) -> None:
    import ray
    from ray.exceptions import RayError

    quiet = {"log_to_driver": False, "configure_logging": True, "logging_level": logging.ERROR}
    start = partial(ray.init, namespace="rnnsearch", **quiet)
    if modules:
        start = partial(start, runtime_env={"py_modules": [str(one) for one in modules]})
    if address is None:
        # With `local`, Ray joins no cluster that runs on this machine, whatever RAY_ADDRESS says.
        start = partial(start, address="local", include_dashboard=False)
    else:
        address = check_address(address)
        start = partial(start, address=address)
    on_sigterm = signal.getsignal(signal.SIGTERM)
    try:
        head = address if address is not None and ":" in address else None
        with joining(head, _went_away(head, go_on), _last_words):
            try:
                start()
            except Exception as error:
                if not _is_late(error):
                    raise
                ray.shutdown()  # of what did start; a second start is faster, its files are cached
                start()
        if callable(on_sigterm) and threading.current_thread() is threading.main_thread():
            # Ray installs a handler that exits with status 15 past every cleanup.
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
    """Whether Ray's node did not start within Ray's 30 s, for which it raises a bare Exception."""
    return type(error) is Exception


def check_address(address: str) -> str:
    """Find out within seconds whether a cluster answers and accepts us, without joining it.

    Returns:
        The address, with `auto` as HOST:PORT.

    Raises:
        ClusterError: It does not; the text says why, and what to do.
    """
    address = _resolved(address)
    if address not in ("auto", "local"):
        _check_reachable(address)
        _check_accepted(address)
    return address


def _resolved(address: str) -> str:
    """The address with `auto` as HOST:PORT, so that it can be checked like any other.

    Raises:
        ClusterError: No cluster runs on this machine.
    """
    if address != "auto":
        return address
    from ray._private.services import canonicalize_bootstrap_address

    try:
        resolved = canonicalize_bootstrap_address(address)
    except (ConnectionError, ValueError) as error:
        raise ClusterError(
            f"Ray at {address}: {_first_line(error)}\n{_remedy(address, '')}"
        ) from error
    return str(resolved or address)


def _check_reachable(address: str) -> None:
    """Fail within seconds if nothing listens at the address; `ray.init` would try for minutes.

    Raises:
        ClusterError: The address is malformed, nothing answers, or it is a Ray Client address.
    """
    if address.startswith("ray://"):
        raise ClusterError(
            f"{address} is a Ray Client address, and the driver must run inside the cluster. "
            "Submit it with `ray job submit` instead, as `rnnsearch guide cluster` shows."
        )
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 2**16:
        raise ClusterError(f"{address!r} is no cluster address. Give HOST:PORT or auto.")
    try:
        connect(address, CONNECT_SECONDS)
    except (OSError, UnicodeError) as error:  # the latter is of a host that no name can be
        raise ClusterError(
            f"Nobody answers at {address}: {error}.\n{_remedy(address, str(error))}"
        ) from error


def _check_accepted(address: str) -> None:
    """Fail within seconds if the cluster refuses our token.

    Ray's client repeats its question for twenty seconds, prints that from C++, and does not name
    the reason in the end. So a child process asks first, and what it prints is read here.

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
    """What a line that the child prints tells about the cluster; None where it tells nothing."""
    if "AuthToken" in line or "Unauthenticated" in line:
        return "refused"
    return "silent" if "Failed to connect to GCS" in line else None


def _remedy(address: str | None, text: str) -> str:
    """What a person can do about an error of this text."""
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


class _RayLog(logging.FileHandler):
    """A log that says once where it cannot be written, in the place of a traceback a message."""

    _told = False

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  # its name there
        error = sys.exception()
        if not isinstance(error, OSError):
            super().handleError(record)
        elif not self._told:
            self._told = True
            sys.stderr.write(f"note: {self.baseFilename}: {error.strerror}\n")


@contextmanager
def _logged_to(log_file: Path) -> Iterator[None]:
    """A context in which the `ray` loggers of this process write to a file, not to the screen."""
    log_file.parent.mkdir(parents=True, exist_ok=True)
    handler = _RayLog(log_file, encoding="utf-8")
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
