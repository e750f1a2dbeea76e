"""Screening as geneticists meet it: false discovery rates, codes for missing genotypes, files."""

import numpy as np
import pytest
from scipy.stats import false_discovery_control

from pauca.design import GenotypeMatrix
from pauca.screening import MutualInformationScreener as Screener


@pytest.fixture(scope="module")
def genotypes():
    rng = np.random.default_rng(0)
    G = rng.binomial(2, rng.uniform(0.1, 0.5, 400), (300, 400)).astype(np.int8)
    y = 0.8 * G[:, 3] + 0.8 * (G[:, 70] == 1) + rng.normal(size=300)
    G[rng.uniform(size=G.shape) < 0.02] = -1
    return G, y


def test_false_discovery_rate_of_genotypes_with_missing_codes(genotypes):
    G, y = genotypes
    screener = Screener("all", max_fdr=0.1, n_permutations=200).fit(GenotypeMatrix(G), y)
    assert screener.get_support(indices=True).tolist() == [3, 70]
    np.testing.assert_allclose(screener.q_values_, false_discovery_control(screener.p_values_), rtol=1e-12)
    as_float = np.where(G < 0, np.nan, G)
    np.testing.assert_array_equal(Screener("all", n_permutations=200).fit(as_float, y).q_values_, screener.q_values_)
    assert not hasattr(screener.set_params(max_fdr=None, n_permutations=0).fit(as_float, y), "q_values_")


def test_false_discovery_rate_is_kept():
    false, found = [], []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        X = rng.normal(size=(150, 200))
        y = X[:, :10] @ np.full(10, 0.6) + rng.normal(size=150)
        screener = Screener(
            "all", criterion="correlation", max_fdr=0.2, n_permutations=50, n_null_features=200, random_state=seed
        ).fit(X, y)
        chosen = screener.get_support(indices=True)
        false.append((chosen >= 10).sum() / max(chosen.size, 1))
        found.append((chosen < 10).sum())
    assert 0.1 < np.mean(false) < 0.19 + 0.05  # three standard errors
    assert np.mean(found) > 3


def test_coarse_p_values_are_told(genotypes):
    G, y = genotypes
    X = np.where(G < 0, np.nan, G)
    with pytest.warns(UserWarning, match="no p-value can be below 4.8e-02"):
        coarse = Screener("all", max_fdr=0.01, n_permutations=20, null="feature").fit(X, y)
    assert coarse.k_ == 0
    with pytest.raises(ValueError, match="max_fdr: p-values need n_permutations"):
        Screener(max_fdr=0.1).fit(X, y)
    with pytest.raises(ValueError, match="max_fdr: needs n_steps=1"):
        Screener(max_fdr=0.1, n_permutations=9, n_steps=2).fit(X, y)


@pytest.mark.parametrize("code", [-1, -9, 9])
def test_codes_for_missing_are_noticed(genotypes, code):
    G, y = genotypes
    coded = np.where(G < 0, np.int8(code), G)
    with pytest.warns(UserWarning, match=rf"the code {code}, .*missing={code}"):
        Screener(3).fit(coded, y)


def test_other_small_integers_pass_silently(genotypes, recwarn):
    G, y = genotypes
    Screener(3).fit(np.maximum(G, 0), y)
    Screener(3).fit(np.random.default_rng(0).integers(-5, 6, (300, 20)).astype(np.int8), y)
    assert not recwarn.list


def test_one_file_or_array_is_one_block(genotypes, tmp_path):
    G, y = genotypes
    X = np.where(G < 0, np.nan, G)
    np.save(tmp_path / "X.npy", X)
    scores = Screener(3).fit(X, y).scores_
    for one in (str(tmp_path / "X.npy"), tmp_path / "X.npy", X):
        np.testing.assert_array_equal(Screener(3).fit_blocks(one, y).scores_, scores)
    (tmp_path / "X.csv").write_text("a,b")
    with pytest.raises(ValueError, match=r"got the file .*X.csv, expected .npy, .parquet"):
        Screener(3).fit_blocks([tmp_path / "X.csv"], y)
