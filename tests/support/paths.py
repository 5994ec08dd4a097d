"""Where things are, for tests in any folder."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
"""The repository."""
DATA = ROOT / "tests" / "data"
GOLDEN = ROOT / "tests" / "golden"
DEMO = ROOT / "demo"
SHARED = ROOT.parent / "shared" / "data"
"""What may not be redistributed; tests that need it skip where it is not."""
