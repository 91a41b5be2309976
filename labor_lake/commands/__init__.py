"""The commands of `lake`, one module each: ``add_arguments`` and ``execute``."""
