"""The network that learns one product family: fixed filters for edges, lines and spots, small heads on top.

A few hundred pictures do not suffice to learn filters; they do to weigh the answers of fixed ones, as in a
scattering network (Bruna and Mallat 2013) with one layer and several summaries.
What it gives out is the contract of every model here: ``class_logits``, ``defect_logit`` and ``embedding``.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

ORIENTATIONS = 6
#: Width of the filters in pixels, for each size that the picture is halved to.
WIDTHS = ((1.0, 1.6), (1.0, 1.6), (1.0, 1.6), (1.0,))
SPOTS = ((3, 9), (7, 21))  # centre and surround of a spot, in pixels of the second size
FIELDS = 28  # in each direction; the side of a picture is a multiple of it
RANKS = (0, 2, 8, 39, 196, 392, 588, 745, 776, 782, 783)  # of the fields, brightest first
HEADS = 6
HIDDEN = 48
LEAST = 1e-4
FARTHEST = 4.0  # standard deviations: beyond, a summary says no more


def filters(width: float) -> Tensor:
    """Return steps and lines in every orientation, [2 * ORIENTATIONS, 1, size, size], each of unit sum."""
    radius = math.ceil(3 * width)
    axis = torch.arange(-radius, radius + 1.0)
    down, across = torch.meshgrid(axis, axis, indexing="ij")
    found = []
    for step in range(ORIENTATIONS):
        angle = math.pi * step / ORIENTATIONS
        over = across * math.cos(angle) + down * math.sin(angle)
        along = down * math.cos(angle) - across * math.sin(angle)
        bell = torch.exp(-(over**2) / (2 * width**2) - along**2 / (2 * (1.5 * width) ** 2))
        line = (over**2 / width**2 - 1) * bell
        found += [-over * bell, line - line.mean()]
    return torch.stack([one / one.abs().sum() for one in found])[:, None]


class Summaries(nn.Module):  # type: ignore[misc]  # torch is not where types are checked
    """Pictures in (float32, [N, 3, side, side], 0 to 1); what the fixed filters say of them out."""

    def __init__(self) -> None:
        super().__init__()
        for level, widths in enumerate(WIDTHS):
            for at, width in enumerate(widths):
                self.register_buffer(f"bank_{level}_{at}", filters(width))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return the summaries [N, many], and the few of them that tell families apart [N, fewer]."""
        grey = x.mean(1, keepdim=True)
        told, general = [_brightness(grey)], [_statistics(x)]
        for level, widths in enumerate(WIDTHS):
            grey = functional.avg_pool2d(grey, 2) if level else grey
            for at in range(len(widths)):
                bank = getattr(self, f"bank_{level}_{at}")
                pad = bank.shape[-1] // 2
                answer = functional.conv2d(functional.pad(grey, (pad, pad, pad, pad), mode="reflect"), bank)
                for some in (answer[:, 0::2].abs(), answer[:, 1::2].relu(), (-answer[:, 1::2]).relu()):
                    mean = _log(some.mean((2, 3)))
                    told += [mean, _log(some.amax((2, 3))), _summary(_over_orientations(some))]
                    general.append(mean)
            if level == 1:
                told += [_summary(torch.cat((one.relu(), (-one).relu()), 1)) for one in _spots(grey)]
        return torch.cat(told, 1), torch.cat(general, 1)


class Network(nn.Module):  # type: ignore[misc]  # torch has no types
    """Pictures in; class logits, defect logit (the mean of several heads) and embedding out.

    The embedding is whitened by ``mean`` and ``whitening``, set before training, so that its Euclidean length
    is the Mahalanobis distance from the training pictures (Lee et al. 2018).
    """

    def __init__(self, classes: int, side: int) -> None:
        super().__init__()
        self.summaries = Summaries()
        with torch.no_grad():
            told, general = (one.shape[1] for one in self.summaries(torch.zeros(1, 3, side, side)))
        for name, value in {
            "centre": torch.zeros(told),
            "scale": torch.ones(told),
            "mean": torch.zeros(general),
            "whitening": torch.eye(general),
        }.items():
            self.register_buffer(name, value)
        self.classes = nn.Linear(told, classes)
        self.linear = nn.Linear(told, 1)
        self.hidden = nn.ModuleList(
            nn.Sequential(
                nn.Dropout(0.2), nn.Linear(told, HIDDEN), nn.ReLU(), nn.Dropout(0.4), nn.Linear(HIDDEN, 1)
            )
            for _ in range(HEADS)
        )

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return class logits [N, classes], defect logits [N] and whitened embeddings [N, fewer]."""
        told, general = self.summaries(x)
        class_logits, defects = self.heads(told)
        return class_logits, defects.mean(1), (general - self.mean) @ self.whitening

    def heads(self, told: Tensor) -> tuple[Tensor, Tensor]:
        """Return class logits [N, classes] and each head's defect logit [N, HEADS + 1] from summaries."""
        scaled = ((told - self.centre) / self.scale).clamp(-FARTHEST, FARTHEST)
        return self.classes(scaled), torch.cat(
            [self.linear(scaled), *(one(scaled) for one in self.hidden)], 1
        )

    def settle(self, told: Tensor, general: Tensor, shrinkage: float) -> None:
        """Set what scales the summaries and whitens the embedding, from the training pictures.

        The correlation of the embedding is shrunk towards the identity.
        """
        self.centre.copy_(told.mean(0))
        self.scale.copy_(told.std(0).clamp_min(LEAST))
        scale = general.std(0).clamp_min(LEAST)
        correlation = ((general - general.mean(0)) / scale).T.cov()
        values, vectors = torch.linalg.eigh((1 - shrinkage) * correlation + shrinkage * torch.eye(len(scale)))
        self.mean.copy_(general.mean(0))
        self.whitening.copy_((vectors / values.sqrt()) / scale[:, None])


def _log(x: Tensor) -> Tensor:
    return x.clamp_min(LEAST).log()


def _over_orientations(some: Tensor) -> Tensor:
    return torch.stack((some.amax(1), some.amin(1), some.mean(1)), 1)


def _summary(maps: Tensor) -> Tensor:
    """Return mean, spread, peak, peaks of 14 × 14 fields and what stands out among them, as logarithms."""
    mean, most = maps.mean((2, 3)), maps.amax((2, 3))
    around = maps - mean[:, :, None, None]
    variance = around.square().mean((2, 3))
    heavy = around.square().square().mean((2, 3)) / variance.square().clamp_min(LEAST**4)
    field = max(1, maps.shape[-1] // 14)
    peaks = functional.max_pool2d(maps, field).flatten(2)
    high = peaks.topk(5, 2).values.mean(2)
    parts = [mean, variance.clamp_min(LEAST**2).sqrt(), most, peaks.mean(2), high]
    logs = [_log(one) for one in parts]
    return torch.cat([*logs, logs[2] - logs[0], logs[4] - logs[3], _log(heavy)], 1)


def _spots(grey: Tensor) -> list[Tensor]:
    def smooth(size: int) -> Tensor:
        return functional.avg_pool2d(grey, size, 1, size // 2, count_include_pad=False)

    return [smooth(centre) - smooth(surround) for centre, surround in SPOTS]


def _brightness(grey: Tensor) -> Tensor:
    """Return ranked brightnesses, and how evenly they lie over columns, rows and sixteen fields."""
    small = functional.avg_pool2d(grey, grey.shape[-1] // FIELDS)
    ranked = small.flatten(1).topk(FIELDS**2, 1).values[:, list(RANKS)]
    middle = ranked[:, 5:6]
    lines = [one for axis in (2, 3) for one in _evenness(small.mean(axis)[:, 0])]
    fields = functional.avg_pool2d(small, 7).flatten(1)
    ends = fields.amax(1, keepdim=True) - fields.amin(1, keepdim=True)
    return torch.cat([ranked, ranked - middle, *lines, fields - fields.mean(1, keepdim=True), ends], 1)


def _evenness(line: Tensor) -> list[Tensor]:
    steps = (line[:, 1:] - line[:, :-1]).abs()
    middle = line.mean(1, keepdim=True)
    spread = (line - middle).square().mean(1, keepdim=True).sqrt()
    return [spread, line.amax(1, keepdim=True) - line.amin(1, keepdim=True), steps.amax(1, keepdim=True)]


def _statistics(x: Tensor) -> Tensor:
    """Return brightness, contrast and colour, [N, 4]: how a photograph looks in general."""
    grey = x.mean(1)
    brightness = grey.mean((1, 2))
    contrast = (grey - brightness[:, None, None]).square().mean((1, 2)).sqrt()
    colour = [(x[:, at] - x[:, at + 1]).abs().mean((1, 2)) for at in (0, 1)]
    return torch.stack((brightness, contrast, *colour), 1)
