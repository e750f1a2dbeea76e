#pragma once

// What the unit tests share: random data with fixed seeds and comparisons that print what differed.

#include <boost/test/unit_test.hpp>
#include <cstdint>
#include <vector>

#include "pauca/core/rng.hpp"
#include "pauca/core/types.hpp"

namespace pauca::testing {

inline Matrix random_matrix(Index rows, Index cols, std::uint64_t seed) {
  Rng rng(seed);
  Matrix m(rows, cols);
  for (Index j = 0; j < cols; ++j)
    for (Index i = 0; i < rows; ++i) m(i, j) = rng.normal();
  return m;
}

inline Vector random_vector(Index n, std::uint64_t seed) { return random_matrix(n, 1, seed); }

/// Positive numbers that sum to one.
inline Vector random_weights(Index n, std::uint64_t seed) {
  Vector s = random_vector(n, seed).cwiseAbs().array() + 0.1;
  return s / s.sum();
}

/// Numbers of [0, 1].
inline Vector random_fractions(Index n, std::uint64_t seed) {
  Rng rng(seed);
  Vector v(n);
  for (Index i = 0; i < n; ++i) v[i] = rng.uniform();
  return v;
}

/// |a - b| <= tol * (1 + |b|), entry by entry.
inline void check_close(const Eigen::Ref<const Matrix>& a, const Eigen::Ref<const Matrix>& b, double tol) {
  BOOST_REQUIRE_EQUAL(a.rows(), b.rows());
  BOOST_REQUIRE_EQUAL(a.cols(), b.cols());
  const double worst = a.size() ? ((a - b).array().abs() / (1.0 + b.array().abs())).maxCoeff() : 0.0;
  BOOST_CHECK_MESSAGE(worst <= tol, "differs by " << worst << ", allowed " << tol);
}

}  // namespace pauca::testing
