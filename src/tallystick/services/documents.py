"""Documents: what is on the files of one document, for a form or for evidence (O2, E8)."""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from tallystick.capture.reading import check_files
from tallystick.capture.worker import reading_pool
from tallystick.evidence.papers import Kind, Paper


def read_paper(kind: Kind, files: Sequence[bytes]) -> Paper:
    """Return what is on a document of ``kind`` whose pages are in ``files``, read in a worker with limits.

    Raises:
        Malformed, TooLarge: as ``capture.reading.read_document`` and ``capture.worker.Pool.run``.
        Unavailable: ``capture_busy``; ``capture_worker_unavailable``.
    """
    check_files(files)
    with TemporaryDirectory(prefix="tallystick-documents-") as folder:
        paths = [Path(folder) / str(number) for number in range(len(files))]
        for path, data in zip(paths, files, strict=True):
            path.write_bytes(data)
        return reading_pool().run(
            "read_document", kind.value, [str(path) for path in paths], result_type=Paper
        )
