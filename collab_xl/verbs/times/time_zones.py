"""The time zones of the project's country, by which a time such as 2026-11-12T16:30:00Z becomes a day of the project.

In: the setting `country`.  Out: time zones.  Effect: reads the time zone data of the system.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import tzinfo
from typing import Final

from collab_xl.read.context import CHINA

OFFICIAL: Final[Mapping[str, str]] = {
    "HK": "Asia/Hong_Kong", "MO": "Asia/Macau", "TW": "Asia/Taipei", "SG": "Asia/Singapore", "MY": "Asia/Kuala_Lumpur",
    "JP": "Asia/Tokyo", "KR": "Asia/Seoul", "TH": "Asia/Bangkok", "VN": "Asia/Ho_Chi_Minh", "PH": "Asia/Manila",
    "ID": "Asia/Jakarta Asia/Makassar Asia/Jayapura", "IN": "Asia/Kolkata", "PK": "Asia/Karachi", "BD": "Asia/Dhaka",
    "LK": "Asia/Colombo", "AE": "Asia/Dubai", "SA": "Asia/Riyadh", "IL": "Asia/Jerusalem", "TR": "Europe/Istanbul",
    "KZ": "Asia/Almaty", "UZ": "Asia/Tashkent", "RU": "Europe/Kaliningrad Europe/Moscow Asia/Yekaterinburg Asia/Kamchatka",
    "UA": "Europe/Kyiv", "GB": "Europe/London", "IE": "Europe/Dublin", "FR": "Europe/Paris", "DE": "Europe/Berlin",
    "IT": "Europe/Rome", "ES": "Europe/Madrid Atlantic/Canary", "PT": "Europe/Lisbon Atlantic/Azores", "NL": "Europe/Amsterdam",
    "BE": "Europe/Brussels", "LU": "Europe/Luxembourg", "CH": "Europe/Zurich", "AT": "Europe/Vienna", "PL": "Europe/Warsaw",
    "CZ": "Europe/Prague", "SK": "Europe/Bratislava", "HU": "Europe/Budapest", "RO": "Europe/Bucharest", "GR": "Europe/Athens",
    "SE": "Europe/Stockholm", "NO": "Europe/Oslo", "DK": "Europe/Copenhagen", "FI": "Europe/Helsinki", "ZA": "Africa/Johannesburg",
    "EG": "Africa/Cairo", "NG": "Africa/Lagos", "KE": "Africa/Nairobi", "MA": "Africa/Casablanca", "NZ": "Pacific/Auckland",
    "AU": "Australia/Perth Australia/Darwin Australia/Adelaide Australia/Brisbane Australia/Sydney",
    "US": "America/New_York America/Chicago America/Denver America/Phoenix America/Los_Angeles America/Anchorage Pacific/Honolulu",
    "CA": "America/St_Johns America/Halifax America/Toronto America/Winnipeg America/Regina America/Edmonton America/Vancouver",
    "MX": "America/Cancun America/Mexico_City America/Hermosillo America/Tijuana", "AR": "America/Argentina/Buenos_Aires",
    "BR": "America/Noronha America/Sao_Paulo America/Manaus America/Rio_Branco", "CL": "America/Santiago", "CO": "America/Bogota",
}  # fmt: skip
"""Country → its official time zones. China has one, also where people live by another clock."""


def zones_of(country: str) -> tuple[tzinfo, ...]:
    """The time zones of a country (CN, or CN-BJ for a part of it); none if they are not known here."""
    code = country.strip().upper()[:2]
    if code == "CN":
        return (CHINA,)
    if code not in OFFICIAL:
        return ()
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        return tuple(ZoneInfo(name) for name in OFFICIAL[code].split())
    except ZoneInfoNotFoundError:  # a system without time zone data
        return ()
