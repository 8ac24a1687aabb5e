import torch


class Lion(torch.optim.Optimizer):
    """Steps of one size along the sign of a momentum (arXiv 2302.06675).

    Args:
        blend: Share of the momentum in the sign.
        decay: Decay of the momentum.
    """

    def __init__(self, params, lr, blend: float = 0.9, decay: float = 0.99, weight_decay=0.0):
        settings = {"lr": lr, "blend": blend, "decay": decay, "weight_decay": weight_decay}
        super().__init__(params, settings)

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for weight in group["params"]:
                state = self.state[weight]
                momentum = state.setdefault("momentum", torch.zeros_like(weight))
                direction = torch.lerp(weight.grad, momentum, group["blend"]).sign()
                weight.mul_(1 - group["lr"] * group["weight_decay"])
                weight.add_(direction, alpha=-group["lr"])
                momentum.lerp_(weight.grad, 1 - group["decay"])
