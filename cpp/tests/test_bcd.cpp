#include <cmath>
#include <memory>
#include <string>

#include "pauca/bcd/solve.hpp"
#include "pauca/design/csc.hpp"
#include "pauca/design/dense.hpp"
#include "pauca/loss/logistic.hpp"
#include "pauca/loss/quadratic.hpp"
#include "testing.hpp"

using namespace pauca;
using namespace pauca::testing;

namespace {

/// The optimum by exhaustion: on every support and sign pattern, Newton's method on the smooth restricted problem; of
/// the points that keep their signs, the best. Knows nothing of proximal steps, dual points or working sets.
class BruteForce {
 public:
  BruteForce(const Matrix& x, const Loss& f, const Vector& lambda, const Vector& ridge, bool nonnegative,
             bool intercept)
      : x_(x), f_(f), lambda_(lambda), ridge_(ridge), nonnegative_(nonnegative), intercept_(intercept) {}

  double objective(const Vector& w, double b) const {
    return f_.value((x_ * w).array() + b) + lambda_.dot(w.cwiseAbs()) + 0.5 * ridge_.dot(w.cwiseAbs2());
  }

  double minimum() const {
    double best = std::numeric_limits<double>::infinity();
    std::vector<int> signs(x_.cols(), -1);
    for (;;) {
      if (const double v = restricted(signs); v < best) best = v;
      std::size_t j = 0;
      while (j < signs.size() && signs[j] == 1) signs[j++] = -1;
      if (j == signs.size()) return best;
      ++signs[j];
    }
  }

 private:
  double restricted(const std::vector<int>& signs) const {
    std::vector<Index> support;
    for (std::size_t j = 0; j < signs.size(); ++j) {
      if (signs[j] < 0 && nonnegative_) return std::numeric_limits<double>::infinity();
      if (signs[j] != 0) support.push_back(static_cast<Index>(j));
    }
    const Index k = static_cast<Index>(support.size()), m = k + intercept_;
    Matrix a(x_.rows(), m);
    Vector linear = Vector::Zero(m), quad = Vector::Zero(m);
    for (Index i = 0; i < k; ++i) {
      a.col(i) = x_.col(support[i]);
      linear[i] = lambda_[support[i]] * signs[support[i]];
      quad[i] = ridge_[support[i]];
    }
    if (intercept_) a.col(k).setOnes();
    Vector t = Vector::Zero(m), u, h;
    for (int it = 0; it < 50 && m > 0; ++it) {
      const Vector eta = a * t;
      f_.gradient(eta, u);
      f_.curvature(eta, h);
      const Vector g = a.transpose() * u + linear + quad.cwiseProduct(t);
      Matrix hess = a.transpose() * h.asDiagonal() * a;
      hess.diagonal() += quad;
      hess.diagonal().array() += 1e-14;
      t -= solve_spd(hess, g);
      if (!t.allFinite() || t.cwiseAbs().maxCoeff() > 1e3) return std::numeric_limits<double>::infinity();
    }
    Vector w = Vector::Zero(x_.cols());
    for (Index i = 0; i < k; ++i) {
      if (t[i] * signs[support[i]] < 0.0) return std::numeric_limits<double>::infinity();
      w[support[i]] = t[i];
    }
    return objective(w, intercept_ ? t[k] : 0.0);
  }

  /// Gauss-Jordan: five unknowns at most.
  static Vector solve_spd(Matrix a, Vector b) {
    for (Index i = 0; i < a.rows(); ++i) {
      const double d = a(i, i);
      a.row(i) /= d;
      b[i] /= d;
      for (Index r = 0; r < a.rows(); ++r) {
        if (r == i) continue;
        const double c = a(r, i);
        a.row(r) -= c * a.row(i);
        b[r] -= c * b[i];
      }
    }
    return b;
  }

  const Matrix& x_;
  const Loss& f_;
  const Vector &lambda_, &ridge_;
  bool nonnegative_, intercept_;
};

const Index n = 25, p = 4;

std::unique_ptr<Loss> make_loss(bool logistic, const Matrix& x) {
  const Vector signal = 1.5 * x.col(0) - x.col(1) + 0.5 * random_vector(n, 21);
  const Vector s = random_weights(n, 22);
  if (logistic) return std::make_unique<LogisticLoss>((signal.array() > 0.0).cast<double>(), s);
  return std::make_unique<QuadraticLoss>(signal.array() + 3.0, s);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(test_bcd)

BOOST_AUTO_TEST_CASE(reaches_the_brute_force_minimum) {
  const Matrix x = random_matrix(n, p, 20);
  const DenseDesign<double> design(x.data(), n, p, n);
  const Vector weights{{1.0, 0.5, 2.0, 1.0}}, ones = Vector::Ones(p);
  for (bool logistic : {false, true}) {
    const auto loss = make_loss(logistic, x);
    for (bool nonnegative : {false, true})
      for (bool intercept : {false, true})
        for (double ridge : {0.0, 0.3})
          for (const Vector* w : {&ones, &weights})
            for (double lambda : {0.02, 0.1, 0.4})
              for (auto engine : {bcd::Engine::automatic, bcd::Engine::gram, bcd::Engine::residual})
                BOOST_TEST_CONTEXT(loss->name() << " nonnegative " << nonnegative << " intercept " << intercept
                                                << " ridge " << ridge << " lambda " << lambda << " weighted "
                                                << (w == &weights) << " engine " << static_cast<int>(engine)) {
                  bcd::Options options;
                  options.engine = engine;
                  Settings settings;
                  settings.tol = 1e-10;
                  Monitor monitor;
                  const auto fit =
                      bcd::solve({.design = design,
                                  .loss = *loss,
                                  .penalty = {.weights = w == &ones ? nullptr : w->data(), .nonnegative = nonnegative},
                                  .strength = {.alpha = lambda, .ridge_share = ridge / lambda},
                                  .fit_intercept = intercept},
                                 "l1", {}, options, settings, {}, monitor);
                  const Vector l = lambda * *w, r = ridge * *w;
                  const BruteForce oracle(x, *loss, l, r, nonnegative, intercept);
                  const double value = oracle.objective(fit.coef, fit.intercept);
                  BOOST_CHECK(fit.report.status == Status::converged);
                  BOOST_CHECK_SMALL(value - oracle.minimum(), 1e-8);
                  BOOST_CHECK_SMALL(value - fit.report.objective, 1e-12);
                  // The gap is a bound on what was left.
                  BOOST_CHECK_LE(value - oracle.minimum(), fit.report.dual_gap + 1e-12);
                  if (!intercept) BOOST_CHECK_EQUAL(fit.intercept, 0.0);
                }
  }
}

BOOST_AUTO_TEST_CASE(null_model_strength_is_the_smallest_without_features) {
  const Matrix x = random_matrix(n, p, 23);
  const DenseDesign<double> design(x.data(), n, p, n);
  for (bool logistic : {false, true}) {
    const auto loss = make_loss(logistic, x);
    Monitor monitor;
    const double top = bcd::null_model({.design = design, .loss = *loss}, "l1", {}, monitor).lambda_max;
    for (double factor : {1.001, 0.99}) {
      const auto fit = bcd::solve({.design = design, .loss = *loss, .strength = {.alpha = factor * top}}, "l1", {}, {},
                                  {}, {}, monitor);
      BOOST_CHECK_EQUAL((fit.coef.array() != 0.0).any(), factor < 1.0);
    }
  }
}

BOOST_AUTO_TEST_CASE(relative_strength_counts_in_units_of_the_largest) {
  const Matrix x = random_matrix(n, p, 23);
  const DenseDesign<double> design(x.data(), n, p, n);
  const auto loss = make_loss(false, x);
  Monitor monitor;
  const double top = bcd::null_model({.design = design, .loss = *loss}, "l1", {}, monitor).lambda_max;
  const bcd::Strength strength{.alpha = 0.2, .relative = true, .lambda_share = 0.5, .ridge_share = 0.5};
  const auto fit = bcd::solve({.design = design, .loss = *loss, .strength = strength}, "l1", {}, {}, {}, {}, monitor);
  BOOST_CHECK_CLOSE(fit.alpha, 0.2 * top / 0.5, 1e-10);
  BOOST_CHECK_CLOSE(fit.lambda_max, top, 1e-10);
}

BOOST_AUTO_TEST_CASE(designs_and_precisions_agree) {
  const Index wide = 60;
  const Matrix x = random_matrix(n, wide, 24).array().round();
  const Eigen::MatrixXf single = x.cast<float>();
  std::vector<double> values;
  std::vector<std::int32_t> indices, indptr{0};
  for (Index j = 0; j < wide; ++j) {
    for (Index i = 0; i < n; ++i)
      if (x(i, j) != 0.0) values.push_back(x(i, j)), indices.push_back(static_cast<std::int32_t>(i));
    indptr.push_back(static_cast<std::int32_t>(values.size()));
  }
  const DenseDesign<double> dense(x.data(), n, wide, n);
  const DenseDesign<float> dense_single(single.data(), n, wide, n);
  const CscDesign<double, std::int32_t> csc(values.data(), indices.data(), indptr.data(), n, wide);
  for (bool logistic : {false, true}) {
    const auto loss = make_loss(logistic, x);
    std::vector<bcd::Solution> fits;
    for (const Design* d : {static_cast<const Design*>(&dense), static_cast<const Design*>(&dense_single),
                            static_cast<const Design*>(&csc)}) {
      Settings settings;
      settings.tol = 1e-11;
      Monitor monitor;
      fits.push_back(
          bcd::solve({.design = *d, .loss = *loss, .strength = {.alpha = 0.05}}, "l1", {}, {}, settings, {}, monitor));
      BOOST_CHECK(fits.back().report.status == Status::converged);
      BOOST_CHECK_LT((fits.back().coef.array() != 0.0).count(), n);
      BOOST_CHECK_SMALL(fits.back().report.objective - fits[0].report.objective, 1e-9);
    }
  }
}

BOOST_AUTO_TEST_CASE(stops_at_its_limits) {
  const Matrix x = random_matrix(200, 400, 25);
  const DenseDesign<double> design(x.data(), 200, 400, 200);
  const QuadraticLoss loss(random_vector(200, 26), Vector::Constant(200, 1.0 / 200));
  Settings settings;
  settings.tol = 1e-14;
  settings.max_iter = 1;
  Monitor monitor;
  const auto fit =
      bcd::solve({.design = design, .loss = loss, .strength = {.alpha = 1e-3}}, "l1", {}, {}, settings, {}, monitor);
  BOOST_CHECK(fit.report.status == Status::max_iter);
  BOOST_CHECK_EQUAL(fit.report.n_iter, 1);
  BOOST_CHECK(std::isfinite(fit.report.dual_gap) && fit.report.dual_gap > fit.report.threshold);
}

BOOST_AUTO_TEST_SUITE_END()
