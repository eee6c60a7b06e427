"""Run: what a fit is told besides its rows."""

import numpy as np
import pytest

from hanshuku.errors import ConfigError
from hanshuku.training.run import MOST_SEED, Run


@pytest.mark.parametrize("seed", ["a", -1, 1.5, True, None, MOST_SEED + 1])
def test_a_seed_that_no_generator_takes_is_refused_with_the_range(seed):
    with pytest.raises(ConfigError, match=f"from 0 to {MOST_SEED}"):
        Run(seed)


@pytest.mark.parametrize("seed", [0, MOST_SEED, np.int64(7)])
def test_a_whole_number_of_the_range_is_a_seed(seed):
    assert Run(seed).seed == seed
