import torch


def points(seed, count=400):
    generator = torch.Generator().manual_seed(seed)
    side = torch.randint(2, (count,), generator=generator)
    radius = torch.rand(count, generator=generator)
    angle = 7 * radius + torch.pi * side
    points = torch.stack([radius * angle.cos(), radius * angle.sin()], dim=1)
    return points + 0.02 * torch.randn(count, 2, generator=generator), side


def train(config, state=None):
    inputs, labels = points(seed=1)
    val_inputs, val_labels = points(seed=2)
    model = torch.nn.Sequential(
        torch.nn.Linear(2, config.width), torch.nn.Tanh(), torch.nn.Linear(config.width, 2)
    )
    optimizer = torch.optim.Adam(model.parameters(), lr=config.learning_rate)
    if state is not None:  # the study was interrupted, or the machine went away
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
    for _ in range(config.start_epoch, config.max_epochs):
        for batch in torch.randperm(len(inputs)).split(config.batch_size):
            loss = torch.nn.functional.cross_entropy(model(inputs[batch]), labels[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        with torch.no_grad():
            outputs = model(val_inputs)
            val_loss = torch.nn.functional.cross_entropy(outputs, val_labels)
            accuracy = (outputs.argmax(1) == val_labels).float().mean()
        yield (
            {"val_loss": val_loss, "val_accuracy": accuracy},
            {"model": model.state_dict(), "optimizer": optimizer.state_dict()},
        )
