"""python -m reference_server"""

import sys

from .command import main

sys.exit(main())
