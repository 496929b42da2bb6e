"""A node whose application another program stands in for: ``starting_process.py HOME SCRIPT``.

Everything else, the supervisor, its consensus key and CometBFT, is the product's own.
"""

import sys
from dataclasses import replace

from tallystick.bootstrap.node import running


def main(home, script):
    ordinary = running._programs

    def programs(settings, folder):
        application, cometbft = ordinary(settings, folder)
        return replace(application, command=(sys.executable, script, str(folder))), cometbft

    running._programs = programs
    return running.main(home)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
