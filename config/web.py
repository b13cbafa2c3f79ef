"""`python -m config.web`: the web process, on HOST and PORT or on a listening socket given as LISTEN_FD."""

import gc
import os
import socket
import sys
import warnings

import uvicorn

# A stream of tokens may be open when the end is asked for; its client resumes elsewhere.
GRACEFUL_SECONDS = 3
# Longer than clients and load balancers keep a connection idle: whoever closes first must not be the server, or a
# request that is on its way is lost.
KEEP_ALIVE_SECONDS = 65
# Threads that wait for the interpreter, above all the one that commits events, get it after half a millisecond.
SWITCH_SECONDS = 0.0005
# Requests leave nothing for the collector, so it need not look after each few hundred objects.
COLLECT_AFTER = 20_000


# Static files and downloads are read by a thread, in pieces; nothing else is streamed through Django.
warnings.filterwarnings("ignore", message="StreamingHttpResponse must consume synchronous iterators")


def main() -> None:
    config = uvicorn.Config(
        "config.asgi:application",
        host=os.environ.get("HOST") or "127.0.0.1",
        port=int(os.environ.get("PORT") or 8000),
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # Django reads X-Forwarded-* itself, where PLUMBLINE_TRUSTED_PROXIES says so
        timeout_graceful_shutdown=GRACEFUL_SECONDS,
        backlog=2048,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
    )
    config.load()
    _settle()
    given = os.environ.get("LISTEN_FD")
    sockets = [socket.socket(fileno=int(given))] if given else None
    uvicorn.Server(config).run(sockets=sockets)


def _settle() -> None:
    """What is loaded by now stays: the collector passes it over, and pauses for a moment only."""
    sys.setswitchinterval(SWITCH_SECONDS)
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER)


if __name__ == "__main__":
    main()
