"""Teach a target model one product family from a folder of labelled pictures, and register it.

Needs the extra ``train``. Leaves with 1, and writes nothing, when the activation gate is not passed.
"""

import argparse
import sys
import time
from pathlib import Path

from tallystick.errors import TallystickError
from tallystick.recognition.card import LEAST_GATE
from tallystick.recognition.registry import register
from tallystick.recognition.training.teaching import Plan, teach, write


def main() -> int:
    """Teach, write model and card, and register them; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pictures", type=Path, help="a folder with one folder of pictures for each class")
    parser.add_argument("folder", type=Path, help="where the model, its card and the register go")
    parser.add_argument("--name", required=True, help="of the model, for example magnetic-tile")
    parser.add_argument("--version", type=int, default=1)
    parser.add_argument("--family", help="product family; the name when not given")
    parser.add_argument("--good", required=True, help="the class of pieces without a defect")
    parser.add_argument("--training-set", required=True, help="name and source of the pictures")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--epochs", type=int, default=120)
    parser.add_argument("--side", type=int, default=224)
    parser.add_argument("--gate", type=float, default=LEAST_GATE, help="AUROC that every seed has to reach")
    asked = parser.parse_args()
    plan = Plan(
        folder=asked.pictures,
        name=asked.name,
        product_family=asked.family or asked.name,
        good_class=asked.good,
        training_set=asked.training_set,
        version=asked.version,
        seeds=tuple(asked.seeds),
        epochs=asked.epochs,
        side=asked.side,
        gate_auroc=asked.gate,
    )
    start = time.process_time()
    try:
        onnx, card = teach(plan, lambda text: print(text, file=sys.stderr, flush=True))
        model, said = write(onnx, card, asked.folder)
        register(asked.folder, card.label)
    except TallystickError as error:
        print(error.message, file=sys.stderr)
        return 1
    print(
        f"{model.name} and {said.name} are written and registered"
        f" ({time.process_time() - start:.0f} CPU seconds)."
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
