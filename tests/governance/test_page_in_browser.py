"""The page in a real browser: nothing serious for accessibility, nothing wider than a phone.

axe-core is found through the variable AXE_CORE, or where ``npm install axe-core`` puts it.
"""

import html
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sgdkit.governance import GovernanceReport, audit
from sgdkit.governance.render import Run
from sgdkit.governance.render.html import to_html

ROOT = Path(__file__).parents[2]
BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
PLACES = [os.environ.get("AXE_CORE"), ROOT / "node_modules/axe-core/axe.min.js"]
AXE = next((Path(place) for place in PLACES if place and Path(place).exists()), None)

pytestmark = pytest.mark.skipif(BROWSER is None, reason="needs Chromium: apt-get install chromium")


@pytest.fixture(scope="module")
def page(cancer):
    X_train, X_test, y_train, y_test = cancer
    model = make_pipeline(GovernanceReport(), StandardScaler(), LogisticRegression()).fit(X_train, y_train)
    groups = {"size of the cell nucleus": ["large" if x > 14 else "small" for x in X_test[:, 0]]}
    record = audit(model, X_test, y_test, X_train=X_train, y_train=y_train, sensitive_features=groups)
    trace = {"step": range(3), "weight a": [0, 1, 2], "loss": [3, 2, 1]}
    runs = [Run(f"A run, number {n}", "Context.", "A goal.", record, trace) for n in (1, 2)]
    # Everything is open, so that everything is looked at.
    return to_html(runs).replace("<details ", "<details open ")


def ask(page, folder, script, width=1100):
    """Open a page and return what a script, an expression that may be a promise, evaluates to."""
    say = "then(found => { const pre = document.createElement('pre');"
    say += "pre.id = 'answer'; pre.textContent = JSON.stringify(found); document.body.append(pre); })"
    path = folder / "page.html"
    start, end, rest = page.rpartition("</body>")
    path.write_text(start + f"<script>Promise.resolve({script}).{say}</script>" + end + rest)
    command = [
        BROWSER,
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        f"--user-data-dir={folder / 'profile'}",
    ]
    command += [f"--window-size={width},2000", "--virtual-time-budget=60000", "--dump-dom", path.as_uri()]
    dom = subprocess.run(command, capture_output=True, text=True, timeout=120).stdout
    found = re.search(r'<pre id="answer">(.*?)</pre>', dom, re.DOTALL)
    assert found, dom[-3000:]
    return json.loads(html.unescape(found[1]))


@pytest.mark.skipif(AXE is None, reason="needs axe-core: npm install axe-core")
def test_axe_finds_nothing_serious(page, tmp_path):
    page = page.replace("</head>", f"<script>{AXE.read_text()}</script></head>")
    found = ask(
        page,
        tmp_path,
        "axe.run(document, {resultTypes: ['violations']}).then(r => r.violations.map("
        "v => [v.impact, v.id, v.nodes.length, v.nodes[0].html.slice(0, 200)]))",
    )
    assert [one for one in found if one[0] in ("serious", "critical")] == []
    assert found == []  # nothing smaller either


def test_no_page_is_wider_than_a_phone(page, tmp_path):
    # The narrowest window of a headless browser is 500 pixels wide, so the page stands in a frame.
    frame = f'<iframe srcdoc="{html.escape(page)}" width="390" height="900"></iframe></body>'
    script = (
        "new Promise(done => addEventListener('load', () => {"
        "const inner = document.querySelector('iframe').contentDocument.documentElement;"
        "done([inner.clientWidth, inner.scrollWidth]); }))"
    )
    seen, whole = ask(f"<!doctype html><body>{frame}", tmp_path, script)
    assert seen <= 390 and whole <= seen
