import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_wheel_holds_templates_and_type_marker_and_no_tests(tmp_path):
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--no-index", "-q"]
    subprocess.run([*command, "-w", str(tmp_path), str(ROOT)], check=True, capture_output=True)
    (wheel,) = tmp_path.glob("sgdkit-*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    assert "sgdkit/governance/render/templates/report.html" in names
    assert "sgdkit/py.typed" in names
    assert not any(name.startswith(("tests/", "plugins/", "docs/")) for name in names)
