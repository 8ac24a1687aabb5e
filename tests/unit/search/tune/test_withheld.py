"""Ray Tune sends no credentials of the driver to packs."""

from __future__ import annotations

import pytest
from ray.tune.execution import class_cache

from rnnsearch.search.tune.withheld import withhold_credentials

SECRETS = {
    name: f"open-{name}"
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
}


class Trainable:
    """Anything that Tune makes an actor of."""


def sent() -> dict[str, str]:
    """The variables that Tune sends along with an actor."""
    actor = class_cache._ActorClassCache().get(Trainable)
    variables: dict[str, str] = actor._default_options["runtime_env"]["env_vars"]
    return variables


def test_a_pack_gets_none_of_the_drivers_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        class_cache, "ENV_VARS_TO_PROPAGATE", {*class_cache.ENV_VARS_TO_PROPAGATE, *SECRETS}
    )
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    assert sent().keys() >= SECRETS.keys(), "Ray has changed; look at how it sends variables now"
    withhold_credentials()
    assert not sent().keys() & SECRETS.keys()
