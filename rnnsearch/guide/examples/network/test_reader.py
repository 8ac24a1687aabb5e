from rnnsearch.models.network_config import network_config
from rnnsearch.testing.networks import CustomNetworkContract


class TestReader(CustomNetworkContract):
    model = network_config("reader:Reader")(units=5, skip=True)
