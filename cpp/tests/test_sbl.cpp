#include <Eigen/Dense>
#include <complex>

#include "pauca/core/monitor.hpp"
#include "pauca/kron/operator.hpp"
#include "pauca/sbl/factor_svd.hpp"
#include "pauca/sbl/solver.hpp"
#include "testing.hpp"

using namespace pauca;
using namespace pauca::sbl;
using pauca::testing::check_close;
using pauca::testing::random_matrix;

namespace {

using ComplexMatrix = Eigen::MatrixXcd;

Planes random_planes(Index m, Index n, std::uint64_t seed, bool is_complex) {
  Planes p;
  p.re = random_matrix(m, n, seed);
  if (is_complex) p.im = random_matrix(m, n, seed + 1000);
  return p;
}

ComplexMatrix to_matrix(const Planes& p) {
  ComplexMatrix a = ComplexMatrix::Zero(p.rows(), p.cols());
  a.real() = p.re;
  if (p.is_complex()) a.imag() = p.im;
  return a;
}

ComplexMatrix kron_product(const ComplexMatrix& a, const ComplexMatrix& b) {
  ComplexMatrix out(a.rows() * b.rows(), a.cols() * b.cols());
  for (Index i = 0; i < a.rows(); ++i)
    for (Index j = 0; j < a.cols(); ++j) out.block(i * b.rows(), j * b.cols(), b.rows(), b.cols()) = a(i, j) * b;
  return out;
}

Tensor random_tensor(Index n, std::uint64_t seed, bool is_complex) {
  Tensor t;
  t.resize(n, is_complex);
  Rng rng(seed);
  for (double& v : t.re) v = rng.normal();
  for (double& v : t.im) v = rng.normal();
  return t;
}

Eigen::VectorXcd to_vector(const Tensor& t) {
  Eigen::VectorXcd v(t.size());
  for (Index k = 0; k < t.size(); ++k) {
    const auto i = static_cast<std::size_t>(k);
    v[k] = {t.re[i], t.is_complex() ? t.im[i] : 0.0};
  }
  return v;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(test_sbl)

BOOST_AUTO_TEST_CASE(mode_products_equal_the_dense_kronecker_product) {
  const auto always = [] { return true; };
  for (bool is_complex : {false, true}) {
    for (bool data_complex : {false, true}) {
      const std::vector<Planes> f = {random_planes(2, 3, 1, is_complex), random_planes(4, 2, 2, false),
                                     random_planes(3, 5, 3, is_complex)};
      const kron::KroneckerOperator op(f);
      const ComplexMatrix k = kron_product(kron_product(to_matrix(f[0]), to_matrix(f[1])), to_matrix(f[2]));
      Tensor x = random_tensor(op.cols(), 5, data_complex), y = random_tensor(op.rows(), 6, data_complex), scratch;
      const Eigen::VectorXcd hx = k * to_vector(x), hy = k.adjoint() * to_vector(y);
      op.apply(x, scratch, always);
      op.apply_adjoint(y, scratch, always);
      BOOST_CHECK_SMALL((to_vector(x) - hx).norm(), 1e-12);
      BOOST_CHECK_SMALL((to_vector(y) - hy).norm(), 1e-12);
    }
  }
}

BOOST_AUTO_TEST_CASE(wide_products_are_cut_into_panels) {
  const std::vector<Planes> f = {random_planes(3, 2, 1, true), random_planes(40, 50, 2, true)};
  const Tensor x = random_tensor(50 * 2000, 3, true);
  Tensor out;
  kron::multiply_first(f[1], kron::Op::plain, x, out);
  using RowMajor = Eigen::Matrix<std::complex<double>, -1, -1, Eigen::RowMajor>;
  const Eigen::VectorXcd v = to_vector(x), w = to_vector(out);
  const Eigen::Map<const RowMajor> in(v.data(), 50, 2000), got(w.data(), 2000, 40);
  BOOST_CHECK_SMALL((got - (to_matrix(f[1]) * in).transpose()).norm(), 1e-9);
}

BOOST_AUTO_TEST_CASE(factor_svd_is_exact_cold_and_warm) {
  for (bool is_complex : {false, true}) {
    const Planes h = random_planes(6, 9, 4, is_complex);
    FactorSvd svd;
    Rng rng(7);
    Vector w = Vector::Ones(9);
    for (int round = 0; round < 40; ++round) {
      for (Index a = 0; a < 9; ++a) w[a] *= std::exp(0.5 * rng.normal());
      svd.compute(h, w);
      const ComplexMatrix a = to_matrix(h) * w.asDiagonal();
      const ComplexMatrix u = to_matrix(svd.left()), v = to_matrix(svd.right());
      BOOST_CHECK_SMALL((u * svd.values().asDiagonal() * v.adjoint() - a).norm() / a.norm(), 1e-13);
      BOOST_CHECK_SMALL((u.adjoint() * u - ComplexMatrix::Identity(6, 6)).norm(), 1e-12);
      BOOST_CHECK_SMALL((v.adjoint() * v - ComplexMatrix::Identity(6, 6)).norm(), 1e-12);
      check_close(svd.right_power_full().re.rowwise().sum(), Vector::Ones(9), 1e-12);
    }
  }
}

BOOST_AUTO_TEST_CASE(small_singular_values_keep_their_digits) {
  // diag(1, 1e-6, 1e-12) times an orthogonal matrix: an eigendecomposition of the Gram matrix would lose the last.
  const Matrix q = Eigen::HouseholderQR<Matrix>(random_matrix(3, 3, 1)).householderQ();
  Planes h;
  h.re = Vector{{1.0, 1e-6, 1e-12}}.asDiagonal() * q;
  FactorSvd svd;
  svd.compute(h, Vector::Ones(3));
  Vector s = svd.values();
  std::sort(s.begin(), s.end(), std::greater<>());
  check_close(s.cwiseQuotient(Vector{{1.0, 1e-6, 1e-12}}), Vector::Ones(3), 1e-9);
}

BOOST_AUTO_TEST_CASE(mode_sums_follow_the_updates) {
  kron::Buffer t;
  Rng rng(3);
  for (int k = 0; k < 3 * 4 * 2; ++k) t.push_back(rng.uniform());
  std::vector<Vector> w = {random_matrix(3, 1, 1), random_matrix(4, 1, 2), random_matrix(2, 1, 3)};
  const Vector next = random_matrix(3, 1, 9);
  ModeSums sums;
  sums.begin(t, w);
  sums.advance(next);
  Vector got, want = Vector::Zero(4);
  sums.sums(1, got);
  for (int i = 0; i < 3; ++i)
    for (int j = 0; j < 4; ++j)
      for (int k = 0; k < 2; ++k) want[j] += t[static_cast<std::size_t>((i * 4 + j) * 2 + k)] * next[i] * w[2][k];
  check_close(got, want, 1e-14);
}

BOOST_AUTO_TEST_CASE(cost_falls_and_batches_equal_single_solves) {
  const std::vector<Planes> f = {random_planes(4, 6, 1, true), random_planes(5, 7, 2, true)};
  Options options;
  options.prune = options.coupling = {0.0, 0.0};
  Settings settings;
  settings.tol = 0.0;
  settings.max_iter = 50;
  std::vector<Tensor> y;
  for (std::uint64_t b = 0; b < 5; ++b) y.push_back(random_tensor(20, 20 + b, true));
  Monitor monitor;
  const auto many = solve_batch(f, y, 1, options, settings, 3, monitor);
  for (std::size_t b = 0; b < y.size(); ++b) {
    const Solution one = solve(f, y[b], 1, options, settings, monitor);
    BOOST_CHECK(one.mean.re == many[b].mean.re);
    BOOST_CHECK(one.mean.im == many[b].mean.im);
    const auto& path = one.report.objective_path;
    for (std::size_t k = 1; k < path.size(); ++k) BOOST_CHECK_LE(path[k], path[k - 1] + 1e-9 * std::abs(path[k]));
  }
  BOOST_CHECK_THROW(solve(f, random_tensor(19, 1, true), 1, options, settings, monitor), std::invalid_argument);
}

BOOST_AUTO_TEST_SUITE_END()
