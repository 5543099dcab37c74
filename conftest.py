"""A failed `assert` in a helper of the tests shows what it compared, as one in a test does."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.register_assert_rewrite(*(path.stem for path in Path(__file__).parent.glob("tests/*.py")))
