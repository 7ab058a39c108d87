"""Who may have the display: one table of priorities."""

from collections.abc import Collection

PRIORITY = ("RVC", "SAFE", "PHONE", "NAV", "MEDIA")
"""DisplaySource, the first that is requested wins. SAFE says that the rear view is not available."""


def shown(requests: Collection[str], state: str) -> str:
    """DisplaySource for these requests in that IviState. Before the home screen is ready only the rear view shows."""
    if state == "EARLY_RVC":
        requests = [one for one in ("RVC", "SAFE") if one in requests]
    elif state != "HMI_READY":
        return "NONE"
    fallback = "HOME" if state == "HMI_READY" else "NONE"
    return next((source for source in PRIORITY if source in requests), fallback)
