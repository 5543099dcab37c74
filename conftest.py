"""A failed `assert` in a helper of the tests shows what it compared, as one in a test does."""

from __future__ import annotations

from pathlib import Path

import pytest

TESTS = Path(__file__).parent / "tests"

pytest.register_assert_rewrite(
    *(
        ".".join(path.relative_to(TESTS).with_suffix("").parts)
        for path in TESTS.glob("support/*/*.py")
    )
)
