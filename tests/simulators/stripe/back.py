"""localstripe on 127.0.0.1 and in memory; by itself it listens on every address, and writes a file to /tmp.

python -m tests.simulators.stripe.back PORT
"""

import sys

from aiohttp import web
from localstripe.resources import Store
from localstripe.server import app

if __name__ == "__main__":
    Store.dump_to_disk = lambda self: None
    web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), print=None)
