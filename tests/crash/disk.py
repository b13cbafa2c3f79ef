"""A small disk for a data folder: to fill, and to make read-only under a running product. Needs root."""

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

FILL_PIECE = 1024 * 1024


@contextlib.contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Path]:
    """An ext4 file system in a file, mounted until the end of the block."""
    image, mounted = folder / "disk.img", folder / "disk"
    mounted.mkdir()
    with image.open("wb") as file:
        file.truncate(megabytes * 2**20)
    # No blocks kept for root: everybody sees the same full disk.
    subprocess.run(["mkfs.ext4", "-q", "-m", "0", str(image)], check=True, capture_output=True)
    subprocess.run(["mount", "-o", "loop", str(image), str(mounted)], check=True, capture_output=True)
    try:
        yield mounted
    finally:
        subprocess.run(["umount", "--lazy", str(mounted)], check=True)
        image.unlink()


@contextlib.contextmanager
def filled(disk: Path) -> Iterator[None]:
    """Not a block is free until the end of the block."""
    ballast = disk / "ballast"
    with ballast.open("wb") as file:
        for piece in (bytes(FILL_PIECE), bytes(4096)):
            with contextlib.suppress(OSError):
                while True:
                    os.write(file.fileno(), piece)
    try:
        yield
    finally:
        ballast.unlink()


@contextlib.contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Nothing below the folder can be written, made or deleted, by root neither, not even through open files.

    Sockets have no such mark, for which `chattr` fails in the end.
    """
    subprocess.run(["chattr", "-R", "-f", "+i", str(folder)], check=False)
    try:
        yield
    finally:
        subprocess.run(["chattr", "-R", "-f", "-i", str(folder)], check=False)
