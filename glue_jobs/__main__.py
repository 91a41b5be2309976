"""`python -m glue_jobs` is `lake`."""

import sys

from glue_jobs.cli import main

sys.exit(main())
