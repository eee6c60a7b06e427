"""A sandbox for generated programs: run one with its tests in a process that can harm nothing."""

from hanshuku.metrics.sandbox.run import Limits, Verdict, run_program, walls_here

__all__ = ["Limits", "Verdict", "run_program", "walls_here"]
