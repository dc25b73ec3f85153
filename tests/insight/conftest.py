"""Tests see the modules beside them."""

from __future__ import annotations

import sys
from pathlib import Path

# With --import-mode=importlib a test sees no module beside it unless told where that is.
sys.path.append(str(Path(__file__).parent))
