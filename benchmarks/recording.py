"""What the scripts that make records share: what was measured where, when and with what."""

import argparse
import datetime
import json
import platform
import re
from importlib.metadata import version
from pathlib import Path
from typing import Any

RECORDED = Path(__file__).parents[1] / "lstm_guide" / "recorded"


def only_check(description: str | None) -> bool:
    """Read the one argument of the scripts."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--check", action="store_true", help="compare with the record")
    return bool(parser.parse_args().check)


def processor() -> str:
    """The name of the processor, as far as the system tells."""
    cpuinfo = Path("/proc/cpuinfo")
    text = cpuinfo.read_text(encoding="utf-8") if cpuinfo.exists() else ""
    found = re.search(r"^model name\s*: (.+)$", text, re.MULTILINE)
    return found[1] if found else platform.machine()


def write(name: str, content: dict[str, Any], *packages: str) -> None:
    """Write a record anew, with the machine, the day, and the versions of torch and others."""
    versions = {"Python": platform.python_version()}
    record = {
        "machine": f"{processor()}, one thread",
        "date": datetime.date.today().isoformat(),
        "versions": {package: version(package) for package in ("torch", *packages)} | versions,
        **content,
    }
    text = json.dumps(record, indent=2, ensure_ascii=False) + "\n"
    RECORDED.joinpath(f"{name}.json").write_text(text, encoding="utf-8")
    print(f"wrote {name}.json")
