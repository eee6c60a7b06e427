"""Every method learns, answers and is kept on a GPU; where there is none, on one that is pretended (see pretended_gpu.py)."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.conftest import ROOT

CHOSEN = {
    "labels": ("tests/methods/test_contract.py", "one and label and (learns_what or loaded or batch)"),
    "spans and ranks": ("tests/methods/test_contract.py", "finetune and (entities or answer or order) and (learns_what or loaded)"),
    "texts": ("tests/methods/test_text_finetuning.py", "every_tuning and (lora or prefix or full)"),
}


@pytest.mark.parametrize("what", CHOSEN)
def test_the_methods_keep_their_contract_on_another_device(what):
    file, chosen = CHOSEN[what]
    more = {"HANSHUKU_TEST_GPU": "1", "HANSHUKU_PRECISION": "fp32", "OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.pretended_gpu", "-p", "no:xdist", str(ROOT / file), "-k", chosen]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=os.environ | more, timeout=600)
    assert done.returncode == 0, done.stdout[-4000:]  # 5: none was found
