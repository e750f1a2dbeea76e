#include <cmath>

#include "pauca/loss/cox.hpp"
#include "pauca/survival/concordance.hpp"
#include "testing.hpp"

using namespace pauca;
using namespace pauca::testing;

namespace {

constexpr Index n = 30;

/// Entry, time, event and stratum of n rows: tied times, late entries, two strata.
Vector survival_target(bool truncated) {
  Vector y(4 * n);
  const Vector a = random_fractions(n, 1), b = random_fractions(n, 2), c = random_fractions(n, 3);
  for (Index i = 0; i < n; ++i) {
    y[n + i] = 1.0 + std::floor(8.0 * a[i]);
    y[i] = truncated && b[i] < 0.5 ? y[n + i] - 0.5 - 2.0 * c[i] : -1e9;
    y[2 * n + i] = c[i] < 0.7 ? 1.0 : 0.0;
    y[3 * n + i] = b[i] < 0.3 ? 1.0 : 0.0;
  }
  return y;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(test_survival)

BOOST_AUTO_TEST_CASE(cox_gradient_and_coupling_by_differences) {
  for (bool truncated : {false, true})
    for (Ties ties : {Ties::breslow, Ties::efron}) {
      const CoxLoss loss(survival_target(truncated), random_weights(n, 4), ties);
      const Vector eta = random_vector(n, 5), x = random_vector(n, 6);
      const double h = 1e-5;
      Vector u(n), up(n), down(n), diagonal(n);
      loss.gradient(eta, u);
      BOOST_TEST(std::abs(u.sum()) < 1e-13);
      for (Index i = 0; i < n; ++i) {
        const Vector step = h * Vector::Unit(n, i);
        const double slope = (loss.value(eta + step) - loss.value(eta - step)) / (2.0 * h);
        BOOST_TEST(std::abs(slope - u[i]) < 1e-8);
      }
      // x' H x = sum h x^2 - |R x|^2
      loss.gradient(eta + h * x, up);
      loss.gradient(eta - h * x, down);
      loss.curvature(eta, diagonal);
      const auto coupling = loss.coupling(eta);
      Vector product(coupling->rank());
      coupling->apply(x, product.data());
      const double exact = diagonal.dot(x.cwiseAbs2()) - product.squaredNorm();
      BOOST_TEST(std::abs(x.dot(up - down) / (2.0 * h) - exact) < 1e-7);
      BOOST_TEST(exact > 0.0);
    }
}

BOOST_AUTO_TEST_CASE(cox_by_hand) {
  // Three rows, events at 1 and 3, the second censored at 2: log 3 + log 1 over three rows.
  Vector y(12);
  y << -1e9, -1e9, -1e9, 1, 2, 3, 1, 0, 1, 0, 0, 0;
  const CoxLoss loss(y, Vector::Constant(3, 1.0 / 3.0), Ties::breslow);
  BOOST_TEST(std::abs(loss.value(Vector::Zero(3)) - std::log(3.0) / 3.0) < 1e-15);
  const Vector hazard = loss.baseline(Vector::Zero(3));
  BOOST_TEST(std::abs(hazard[0] - 1.0 / 3.0) < 1e-15);
  BOOST_TEST(std::abs(hazard[1] - 1.0) < 1e-15);
  y.segment(6, 3).setZero();
  BOOST_CHECK_THROW(CoxLoss(y, Vector::Constant(3, 1.0 / 3.0), Ties::breslow), std::invalid_argument);
}

BOOST_AUTO_TEST_CASE(concordance_counts_pairs) {
  const Vector y = survival_target(true), w = random_weights(n, 7);
  const Vector risk = (4.0 * random_fractions(n, 8)).array().round();
  survival::Concordance expected;
  for (Index i = 0; i < n; ++i)
    for (Index j = 0; j < n; ++j) {
      const double t = y[n + i], s = y[n + j];
      const bool later = s > t || (s == t && y[2 * n + j] == 0.0);
      if (i == j || y[2 * n + i] == 0.0 || !later || y[j] >= t || y[3 * n + i] != y[3 * n + j]) continue;
      (risk[i] > risk[j]   ? expected.concordant
       : risk[i] < risk[j] ? expected.discordant
                           : expected.tied) += w[i] * w[j];
    }
  const survival::Concordance found = survival::concordance(y, w, risk);
  BOOST_TEST(std::abs(found.concordant - expected.concordant) < 1e-12);
  BOOST_TEST(std::abs(found.discordant - expected.discordant) < 1e-12);
  BOOST_TEST(std::abs(found.tied - expected.tied) < 1e-12);
}

BOOST_AUTO_TEST_SUITE_END()
