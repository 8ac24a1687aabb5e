from rnnsearch.models.config import ModelConfig
from rnnsearch.testing.cells import NetworkContract, TrainedContract


class TestLeaky(NetworkContract, TrainedContract):
    model = ModelConfig(cell="leaky:Leaky", hidden_size=5, num_layers=2)
