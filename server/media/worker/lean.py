"""aiortc without codecs: a worker forwards and never decodes, so FFmpeg need not be in its process.

That saves 20 MB and keeps a large C library away from strangers' packets. Only for the worker's own process: whoever
wants to use the whole of aiortc later in the same process cannot.
"""

import importlib.util
import sys
import types


def leave_out_codecs() -> None:
    """Make `aiortc.rtcdtlstransport` and `aiortc.rate` importable without FFmpeg. Call it before importing them.

    Skips `aiortc/__init__.py`, which imports everything, and puts an empty `av` in place of the binding, of which
    `aiortc.rtp` wants to know one type's name.
    """
    spec = importlib.util.find_spec("aiortc")
    if spec is None or "aiortc" in sys.modules:
        return
    package = types.ModuleType("aiortc")
    package.__spec__ = spec
    package.__path__ = list(spec.submodule_search_locations or ())
    codecs = types.ModuleType("av")
    vars(codecs)["AudioFrame"] = type("AudioFrame", (), {})
    sys.modules.update({"aiortc": package, "av": codecs})
