#!/usr/bin/env python3
"""Holds the C++ includes against the order of the modules: each sees only those before it."""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
INCLUDE = re.compile(r'^\s*#\s*include\s+[<"]e2tad/([a-z0-9_]+)/')
SYSTEM = re.compile(r"^\s*#\s*include\s+<(Python\.h|pybind11/|torch/)")


def module_order(cmake: str) -> list[str]:
    """The names in set(E2TAD_MODULES ...)."""
    found = re.search(r"set\(E2TAD_MODULES\s+([^)]*)\)", cmake)
    if not found:
        sys.exit("check_layers: cpp/CMakeLists.txt has no set(E2TAD_MODULES ...)")
    return found.group(1).split()


def violations(root: Path) -> list[str]:
    """One line for each include that looks upward or names a library that has another place."""
    order = module_order((root / "cpp" / "CMakeLists.txt").read_text())
    rank = {name: i for i, name in enumerate(order)}
    found = []
    for path in sorted((root / "cpp" / "e2tad").glob("*/**/*.[ch]pp")):
        module = path.relative_to(root / "cpp" / "e2tad").parts[0]
        where = path.relative_to(root)
        if module not in rank:
            found.append(f"{where}: module {module} isn't in cpp/CMakeLists.txt")
            continue
        for number, line in enumerate(path.read_text().splitlines(), 1):
            include = INCLUDE.match(line)
            if include and rank.get(include.group(1), len(order)) > rank[module]:
                found.append(f"{where}:{number}: {module} may not include {include.group(1)}")
            # The metric stands on the core alone.
            if include and module == "metric" and include.group(1) not in ("core", "metric"):
                found.append(f"{where}:{number}: metric may include core only")
            system = SYSTEM.match(line)
            if system and not (system.group(1) == "torch/" and module == "nn_torch"):
                found.append(f"{where}:{number}: {system.group(1)} doesn't belong in {module}")
    return found


if __name__ == "__main__":
    lines = violations(ROOT)
    print("\n".join(lines) if lines else "check_layers: every include looks downward")
    sys.exit(1 if lines else 0)
