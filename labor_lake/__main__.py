"""`python -m glue_jobs` is `lake`."""

import sys

from labor_lake.cli import main

sys.exit(main())
