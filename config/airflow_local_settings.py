"""Airflow imports this by name at its start: let the scheduler import once what nearly every task needs.

Its workers, and so their tasks, are forks of the scheduler.  Third-party packages only: our own code is
imported by each task anew, so that an edit counts from the next task on.  Measured on two cores, a night of 18
tasks on the sample: 52 CPU s instead of 60, a gate in 0.8 s instead of 2.9, for 3 s at the start and 70 MB.
"""

import contextlib
import logging
import sys

PRELOADED = ("duckdb", "pandas", "pyarrow", "great_expectations", "altair")

if sys.argv[1:2] == ["scheduler"]:
    logging.getLogger("great_expectations").setLevel(logging.WARNING)  # it tells of 200 registrations else
    for _name in PRELOADED:
        with contextlib.suppress(ImportError):
            __import__(_name)
