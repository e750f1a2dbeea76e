#include <cmath>

#include "pauca/core/thin_qr.hpp"
#include "pauca/multitask/alternating.hpp"
#include "pauca/multitask/logistic_tasks.hpp"
#include "testing.hpp"

using namespace pauca;
using namespace pauca::multitask;
using pauca::testing::check_close;
using pauca::testing::random_matrix;

namespace {

/// Noise-free tasks with a planted basis.
struct Planted {
  Index d = 9, k = 2, tasks = 7, n = 20;
  Matrix basis = random_matrix(d, k, 1), heads = random_matrix(k, tasks, 2), grams{d * d, tasks};
  TaskGrams data{nullptr, Matrix(d, tasks), Vector(tasks), Vector::Constant(tasks, 20.0), Vector::Zero(tasks)};

  Planted() {
    basis = orthonormal_basis(basis);
    for (Index m = 0; m < tasks; ++m) {
      const Matrix x = random_matrix(n, d, static_cast<unsigned>(10 + m));
      const Vector y = x * basis * heads.col(m);
      Eigen::Map<Matrix>(grams.col(m).data(), d, d) = x.transpose() * x;
      data.cross.col(m) = x.transpose() * y;
      data.squares[m] = y.squaredNorm();
    }
    data.grams = grams.data();
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(test_multitask)

BOOST_AUTO_TEST_CASE(alternating_least_squares_finds_a_planted_basis) {
  Planted p;
  Monitor monitor;
  SharedFactors f{spectral_start(p.data, p.k, monitor), {}};
  Settings settings;
  settings.tol = 1e-15;
  const Report report = alternating_least_squares(p.data, f, settings, monitor);
  BOOST_CHECK(report.status == Status::converged);
  check_close(f.basis * (f.basis.transpose() * p.basis), p.basis, 1e-6);
  check_close(f.basis * f.heads, p.basis * p.heads, 1e-6);
  for (std::size_t i = 1; i < report.objective_path.size(); ++i)
    BOOST_CHECK(report.objective_path[i] <= report.objective_path[i - 1]);
  check_close(fit_heads(p.data, f.basis), f.heads, 1e-9);
}

BOOST_AUTO_TEST_CASE(singular_systems_get_their_minimum_norm_solution) {
  const Vector v = random_matrix(3, 1, 3);
  Vector x;
  solve_semidefinite(v * v.transpose(), 2.0 * v, x);
  check_close(x, 2.0 / v.squaredNorm() * v, 1e-9);
  solve_semidefinite(Matrix::Zero(2, 2), Vector::Zero(2), x);
  BOOST_CHECK_EQUAL(x.norm(), 0.0);
}

BOOST_AUTO_TEST_CASE(tasks_without_samples_do_no_harm) {
  Planted p;
  Eigen::Map<Matrix>(p.grams.col(0).data(), p.d, p.d).setZero();
  p.data.cross.col(0).setZero();
  p.data.squares[0] = p.data.weight[0] = 0.0;
  Monitor monitor;
  SharedFactors f{spectral_start(p.data, p.k, monitor), {}};
  alternating_least_squares(p.data, f, Settings{}, monitor);
  BOOST_CHECK(f.basis.allFinite());
  BOOST_CHECK_EQUAL(f.heads.col(0).norm(), 0.0);
}

BOOST_AUTO_TEST_CASE(logistic_heads_are_stationary) {
  const Matrix z = random_matrix(60, 3, 4);
  const Vector y = (random_matrix(60, 1, 5).array() > 0.2).cast<double>(), s = Vector::Ones(60);
  Vector w = Vector::Zero(3);
  double c = 0.0;
  logistic_head(z, y, s, 0.5, true, w, c);
  const Vector eta = (z * w).array() + c, p = (1.0 + (-eta.array()).exp()).inverse();
  BOOST_CHECK_SMALL((z.transpose() * (y - p) - 0.5 * w).norm(), 1e-6);
  BOOST_CHECK_SMALL((y - p).sum(), 1e-6);
}

BOOST_AUTO_TEST_CASE(logistic_tasks_lower_their_objective) {
  const Index d = 6, n = 40, tasks = 5;
  Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> x = random_matrix(n * tasks, d, 6);
  Matrix basis = random_matrix(d, 2, 7);
  basis = orthonormal_basis(basis);
  const Matrix heads = 2.0 * random_matrix(2, tasks, 8), noise = random_matrix(n * tasks, 1, 9);
  Vector y(n * tasks), s = Vector::Ones(n * tasks);
  std::vector<Index> start;
  for (Index m = 0; m <= tasks; ++m) start.push_back(m * n);
  for (Index i = 0; i < y.size(); ++i) y[i] = x.row(i).dot(basis * heads.col(i / n)) + noise(i, 0) > 0.0 ? 1.0 : 0.0;
  const LogisticTasks data{
      {x.data(), n * tasks, d}, {y.data(), y.size()}, {s.data(), s.size()}, start, Vector::Ones(tasks), true};
  SharedFactors f{random_matrix(d, 2, 10), {}};
  f.basis = orthonormal_basis(f.basis);
  Vector intercepts;
  Monitor monitor;
  const Report report = logistic_alternating(data, f, intercepts, Settings{}, monitor);
  BOOST_CHECK(report.status == Status::converged);
  BOOST_CHECK(report.n_iter >= 2);
  for (std::size_t i = 1; i < report.objective_path.size(); ++i)
    BOOST_CHECK(report.objective_path[i] <= report.objective_path[i - 1]);
  BOOST_CHECK((f.basis.transpose() * f.basis - Matrix::Identity(2, 2)).norm() < 1e-12);
}

BOOST_AUTO_TEST_SUITE_END()
