"""Which counts of persons are left out of open data: small ones, and those by which these could be worked out.

Primary and complementary cell suppression in a hierarchy of areas (Hundepool et al. 2012, Statistical Disclosure
Control, doi:10.1002/9781118348239, chapter 4): an area's count is the sum of those of the areas within it, so a
count that is alone in being left out of such a sum is no secret.
"""

from __future__ import annotations

from collections.abc import Mapping


def hidden(counts: Mapping[str, float], least: float) -> set[str]:
    """Return the areas whose counts are left out.

    Parameters
    ----------
    counts
        Persons of one window by code of area; codes of areas around are their beginnings, up to a dot. Areas of which
        nothing is known are not among them.
    least
        Counts above 0 and below it are small. That nobody was there says nothing of anybody.

    Returns
    -------
    Every sum has either no count left out or at least two, which together are not small.
    """
    out = {code for code, count in counts.items() if 0 < count < least}
    sums: dict[str, list[str]] = {}
    for code in counts:
        if (around := code.rpartition(".")[0]) in counts:
            sums.setdefault(around, []).append(code)
    before = -1
    while out and before != len(out):
        before = len(out)
        for around, within in sums.items():
            _protect(counts, least, around, within, out)
    return out


def _protect(counts: Mapping[str, float], least: float, around: str, within: list[str], out: set[str]) -> None:
    """Leave out more of one sum until nothing left out can be worked out of it: the smallest first, the sum last."""
    spare = sorted(
        (code for code in within if code not in out), key=lambda code: (counts[code] == 0, counts[code], code)
    )
    while _is_open(counts, least, around, within, out):
        if not spare and around in out:
            return
        out.add(spare.pop(0) if spare else around)


def _is_open(counts: Mapping[str, float], least: float, around: str, within: list[str], out: set[str]) -> bool:
    left_out = [code for code in within if code in out]
    if around in out:
        return not left_out
    return bool(left_out) and (len(left_out) < 2 or sum(counts[code] for code in left_out) < least)
