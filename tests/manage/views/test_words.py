"""All messages of the commands: in uv's voice, and in plain English."""

from __future__ import annotations

import re

from support.compare.messages import messages

#: Phrases that no message may contain, with the better ones.
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
    """No message has an awkward phrase."""
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
    """Messages, except help, start in lower case and end without a full stop."""
    shouting = [
        f"{place}: {text!r}"
        for place, text in messages()
        if not place.startswith("commands") and re.search(r"[a-z]\.$", text)
    ]
    assert not shouting, "\n".join(shouting)
