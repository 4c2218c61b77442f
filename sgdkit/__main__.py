"""``python -m sgdkit`` is the console script."""

import sys

from sgdkit.cli.main import main

sys.exit(main())
