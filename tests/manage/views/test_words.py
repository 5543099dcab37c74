"""What commands say, as a whole: in uv's voice, and in plain English."""

from __future__ import annotations

import re

from support.compare.messages import messages

#: What no message says, with what it says instead.
AVOIDED = {
    r"\bmend": "fix",
    r"(?<!there )\bis no (?!longer|such)": "is not a, or unknown",
    r"\bis none\b": "is not one",
    r"\bleads? nowhere": "dangling",
    r"\bstands? (above|before)": "takes precedence over, comes first on",
    r"\bin the cloud alone": "only in the cloud",
    r"\b(takes?|took) (it )?along": "reuse",
    r"\blies? (on|in)\b": "is on, is in",
    r"\bleads? to\b": "points to",
    r"\bexclude each other": "cannot be used with",
    r"\bany ?more\b": "no longer",
    r"\bis made\b": "is created",
    r"\bmeanwhile\b": "in the meantime",
}


def test_words() -> None:
    """No message uses a turn that a native reader stops at."""
    found = messages()
    assert len(found) > 200
    odd = {
        f"{place}: {text!r}, say: {better}"
        for pattern, better in AVOIDED.items()
        for place, text in found
        if re.search(pattern, text)
    }
    assert not odd, "\n".join(sorted(odd))


def test_voice() -> None:
    """A message of one sentence begins small and ends without a full stop, options' help aside."""
    shouting = [
        f"{place}: {text!r}"
        for place, text in messages()
        if not place.startswith("commands") and re.search(r"[a-z]\.$", text)
    ]
    assert not shouting, "\n".join(shouting)
