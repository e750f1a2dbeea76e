#include <Eigen/Cholesky>
#include <cmath>

#include "pauca/mixed/variance_step.hpp"
#include "testing.hpp"

using namespace pauca;
using namespace pauca::mixed;
using pauca::testing::check_close;
using pauca::testing::random_matrix;

namespace {

struct Example {
  Matrix z = random_matrix(40, 2, 1);
  std::vector<Index> start{0, 5, 9, 20, 33, 40};
  ClusterLikelihood likelihood{z, start};
  Vector residual = random_matrix(40, 1, 2);
  Residuals summary = likelihood.summarize(residual);
  Variance v{0.2, (Matrix(2, 2) << 0.8, 0.0, -0.5, 0.3).finished(), 4.0};
};

}  // namespace

BOOST_AUTO_TEST_SUITE(test_mixed)

BOOST_AUTO_TEST_CASE(quadratic_forms_and_whitening_are_those_of_the_dense_matrix) {
  Example e;
  Vector quadratic;
  e.likelihood.value(e.v, e.summary, &quadratic);
  Matrix whitened = e.residual;
  e.likelihood.whiten(e.v.factor, Vector::Ones(5), whitened);
  const Matrix effects = e.likelihood.effects(e.v.factor, e.summary);
  for (Index i = 0; i < 5; ++i) {
    const Index n = e.start[i + 1] - e.start[i];
    const Matrix z = e.z.middleRows(e.start[i], n), d = e.v.factor * e.v.factor.transpose();
    const Matrix dense = Matrix::Identity(n, n) + z * d * z.transpose();
    const Vector r = e.residual.segment(e.start[i], n), solved = dense.llt().solve(r);
    BOOST_CHECK_CLOSE(quadratic[i], r.dot(solved), 1e-9);
    BOOST_CHECK_CLOSE(whitened.middleRows(e.start[i], n).squaredNorm(), r.dot(solved), 1e-9);
    check_close(effects.col(i), d * z.transpose() * solved, 1e-12);
  }
}

BOOST_AUTO_TEST_CASE(gradient_is_that_of_differences) {
  Example e;
  for (double degrees : {1.5, 40.0, std::numeric_limits<double>::infinity()}) {
    e.v.degrees = degrees;
    double slope = 0.0;
    Matrix d_covariance;
    e.likelihood.value(e.v, e.summary, nullptr, &slope, &d_covariance);
    const double h = 1e-6;
    Variance a = e.v, b = e.v;
    a.log_s2 += h;
    b.log_s2 -= h;
    BOOST_CHECK_SMALL(slope - (e.likelihood.value(a, e.summary) - e.likelihood.value(b, e.summary)) / (2 * h), 1e-8);
    const Matrix expected = 2.0 * d_covariance * e.v.factor;
    for (Index i = 0; i < 2; ++i)
      for (Index j = 0; j <= i; ++j) {
        a = b = e.v;
        a.factor(i, j) += h;
        b.factor(i, j) -= h;
        const double numeric = (e.likelihood.value(a, e.summary) - e.likelihood.value(b, e.summary)) / (2 * h);
        BOOST_CHECK_SMALL(expected(i, j) - numeric, 1e-8);
      }
  }
}

BOOST_AUTO_TEST_CASE(the_step_decreases_and_is_stationary) {
  Example e;
  Monitor monitor;
  for (bool degrees : {false, true}) {
    VarianceOptions o;
    o.fit_degrees = degrees;
    const double before = e.likelihood.value(e.v, e.summary);
    Variance found = variance_step(e.likelihood, e.summary, e.v, o, monitor);
    BOOST_CHECK_LE(e.likelihood.value(found, e.summary), before);
    for (int round = 0; round < 20; ++round) found = variance_step(e.likelihood, e.summary, found, o, monitor);
    double slope = 0.0;
    Matrix d_covariance;
    e.likelihood.value(found, e.summary, nullptr, &slope, &d_covariance);
    BOOST_CHECK_SMALL(slope, 1e-6);
    BOOST_CHECK_SMALL((d_covariance * found.factor).cwiseAbs().maxCoeff(), 1e-5);
  }
}

BOOST_AUTO_TEST_CASE(no_effects) {
  const Vector r = random_matrix(12, 1, 3);
  std::vector<Index> start(13);
  for (Index i = 0; i <= 12; ++i) start[i] = i;
  const ClusterLikelihood likelihood(Matrix(12, 0), start);
  Monitor monitor;
  VarianceOptions o;
  o.fit_degrees = false;
  const Variance v = variance_step(likelihood, likelihood.summarize(r),
                                   {0.0, Matrix(0, 0), std::numeric_limits<double>::infinity()}, o, monitor);
  BOOST_CHECK_CLOSE(std::exp(v.log_s2), r.squaredNorm() / 12.0, 1e-6);
}

BOOST_AUTO_TEST_CASE(misuse) {
  BOOST_CHECK_THROW(ClusterLikelihood(Matrix(4, 1), {0, 3}), std::invalid_argument);
  BOOST_CHECK_THROW(ClusterLikelihood(Matrix(4, 1), {0, 3, 3, 4}), std::invalid_argument);
  const ClusterLikelihood likelihood(Matrix::Ones(4, 1), {0, 4});
  BOOST_CHECK_THROW(likelihood.summarize(Vector::Ones(3)), std::invalid_argument);
}

BOOST_AUTO_TEST_SUITE_END()
