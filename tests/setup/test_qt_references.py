"""PySide6 6.12.0 drops a reference to None in every void call, which kills Python 3.11 after some
thousand; the pinned version must not.
"""

import os
import subprocess
import sys

PROBE = """
import sys
from PySide6.QtWidgets import QApplication, QLabel
app = QApplication([])
label = QLabel()
before = sys.getrefcount(None)
for n in range(1000):
    label.setText(str(n))
print(abs(sys.getrefcount(None) - before))
"""


def test_a_thousand_calls_leave_the_references_to_none_alone() -> None:
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen"}
    asked = subprocess.run(
        [sys.executable, "-c", PROBE], env=environment, capture_output=True, text=True, timeout=60
    )
    assert asked.returncode == 0, asked.stderr
    assert int(asked.stdout) < 100
