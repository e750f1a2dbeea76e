#include <Eigen/LU>
#include <cmath>

#include "pauca/dag/m_matrix.hpp"
#include "pauca/dag/node_moments.hpp"
#include "pauca/dag/stepwise.hpp"
#include "testing.hpp"

using namespace pauca;
using namespace pauca::dag;
using pauca::testing::check_close;
using pauca::testing::random_matrix;

namespace {

/// Everything that Stepwise carries along, from the normal equations of its set.
void check_against_normal_equations(Stepwise& step, const NodeMoments& m, Index target) {
  const auto& set = step.set();
  const Index k = step.size();
  Matrix columns(m.size(), k), inner(k, k);
  Vector right(k);
  for (Index i = 0; i < k; ++i) {
    columns.col(i) = m.correlation.col(set[i]);
    right[i] = m.correlation(set[i], target);
    for (Index j = 0; j < k; ++j) inner(i, j) = m.correlation(set[i], set[j]);
  }
  const Matrix inverse = k > 0 ? Matrix(inner.inverse()) : Matrix(0, 0);
  const Vector w = inverse * right;
  check_close(step.residual_correlation(), m.correlation.col(target) - columns * w, 1e-9);
  check_close(step.variance_left(), Vector::Ones(m.size()) - (columns * inverse).cwiseProduct(columns).rowwise().sum(),
              1e-9);
  BOOST_CHECK_SMALL(step.rss() - (1.0 - right.dot(w)), 1e-10);
  Vector coefficients(k), costs(k);
  step.coefficients(nullptr, coefficients.data());
  check_close(coefficients, w, 1e-8);
  step.removal_costs(costs.data());
  check_close(costs, w.array().square() / inverse.diagonal().array(), 1e-8);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(test_dag)

BOOST_AUTO_TEST_CASE(a_regression_survives_any_sequence_of_additions_and_removals) {
  const Index p = 17, target = 4;
  const NodeMoments m(random_matrix(40, p, 3), 40.0);
  Stepwise step(p);
  step.start(m, target);
  Rng rng(5);
  for (int turn = 0; turn < 300; ++turn) {
    const auto v = static_cast<Index>(rng.below(p));
    Index at = -1;
    for (Index i = 0; i < step.size(); ++i) {
      if (step.set()[i] == v) at = i;
    }
    if (v == target) continue;
    if (at < 0) {
      BOOST_CHECK(step.add(v));
    } else {
      step.remove(at);
    }
    check_against_normal_equations(step, m, target);
  }
  while (step.size() > 0) step.remove(0);
  BOOST_CHECK_SMALL(step.rss() - 1.0, 1e-10);
}

BOOST_AUTO_TEST_CASE(no_set_of_others_leaves_less_than_least_rss) {
  const Index p = 6;
  Matrix x = random_matrix(30, p, 8);
  x.col(5) = x.col(0) + 0.1 * x.col(1);
  x.col(5) += 0.01 * random_matrix(30, 1, 9);
  const NodeMoments m(x, 30.0);
  const Vector least = m.least_rss();
  for (Index j = 0; j < p; ++j) {
    Stepwise step(p);
    step.start(m, j);
    for (Index c = 0; c < p; ++c) {
      if (c != j) step.add(c);
    }
    BOOST_CHECK_LE(least[j], step.rss());
    BOOST_CHECK_GE(least[j], 0.98 * step.rss());
  }
  x.col(5) = x.col(0);
  check_close(NodeMoments(x, 30.0).least_rss(), Vector::Zero(p), 0.0);
}

BOOST_AUTO_TEST_CASE(blocked_inverse_without_pivots_and_its_refusal) {
  for (Index n : {1, 2, 23, 24, 25, 49, 80}) {
    Matrix a = -random_matrix(n, n, 11).cwiseAbs();
    a.diagonal() = -a.rowwise().sum() + Vector::Constant(n, 0.5);
    MMatrixInverse inverse(n);
    Matrix b = a;
    BOOST_REQUIRE(inverse.invert(b));
    check_close(b * a, Matrix::Identity(n, n), 1e-9);
    BOOST_CHECK_CLOSE(inverse.log_determinant(), std::log(a.determinant()), 1e-6);
    BOOST_CHECK_GE(b.minCoeff(), -1e-15);
    a.diagonal().array() -= 2.0 * (a.diagonal().maxCoeff() + 1.0);
    BOOST_CHECK(!inverse.invert(a));
  }
}

BOOST_AUTO_TEST_SUITE_END()
