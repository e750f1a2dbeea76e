#include <cmath>

#include "pauca/core/symmetric_eigen.hpp"
#include "pauca/core/thin_qr.hpp"
#include "pauca/core/thin_svd.hpp"
#include "testing.hpp"

using namespace pauca;
using namespace pauca::testing;

namespace {

double orthogonality(const Matrix& q) {
  return (q.transpose() * q - Matrix::Identity(q.cols(), q.cols())).cwiseAbs().maxCoeff();
}

/// With the given singular values.
Matrix with_values(Index rows, Index cols, const Vector& s) {
  const Index n = s.size();
  return orthonormal_basis(random_matrix(rows, n, 1)) * s.asDiagonal() *
         orthonormal_basis(random_matrix(cols, n, 2)).transpose();
}

void check_svd(const Matrix& a, const Vector& expected, double tol) {
  const ThinSvd svd(a);
  const double top = expected.maxCoeff();
  BOOST_REQUIRE_EQUAL(svd.values().size(), std::min(a.rows(), a.cols()));
  BOOST_CHECK_SMALL((svd.values() - expected).cwiseAbs().maxCoeff(), tol * top);
  BOOST_CHECK_SMALL(orthogonality(svd.u()), 1e-12);
  BOOST_CHECK_SMALL(orthogonality(svd.v()), 1e-12);
  const Matrix back = svd.u() * svd.values().asDiagonal() * svd.v().transpose();
  BOOST_CHECK_SMALL((back - a).cwiseAbs().maxCoeff(), tol * top);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(test_decompositions)

BOOST_AUTO_TEST_CASE(svd_of_planted_values) {
  for (auto [rows, cols] : {std::pair<Index, Index>{1, 1}, {7, 1}, {1, 5}, {6, 6}, {40, 9}, {9, 40}, {80, 70}}) {
    const Index n = std::min(rows, cols);
    Vector s(n);
    for (Index i = 0; i < n; ++i) s[i] = 3.0 * std::pow(0.8, static_cast<double>(i));
    check_svd(with_values(rows, cols, s), s, 1e-13);
  }
}

BOOST_AUTO_TEST_CASE(svd_of_equal_tiny_and_missing_values) {
  check_svd(with_values(12, 8, Vector::Ones(8)), Vector::Ones(8), 1e-13);
  Vector graded(6);
  graded << 1e8, 1.0, 1e-3, 1e-5, 0.0, 0.0;
  check_svd(with_values(9, 6, graded), graded, 1e-14);
  // Far below the rounding of squares: the Gram alone would give 1e-8 of the largest.
  check_svd(with_values(20, 3, Eigen::Vector3d(1.0, 1e-9, 1e-12)), Eigen::Vector3d(1.0, 1e-9, 1e-12), 1e-15);
  check_svd(Matrix::Zero(4, 3), Vector::Zero(3), 1e-15);
  check_svd(1e-200 * with_values(5, 4, Vector::Ones(4)), Vector::Constant(4, 1e-200), 1e-13);
  check_svd(1e200 * with_values(5, 4, Vector::Ones(4)), Vector::Constant(4, 1e200), 1e-13);
}

BOOST_AUTO_TEST_CASE(qr_is_unique) {
  const Matrix a = random_matrix(30, 7, 3);
  Matrix q, r;
  thin_qr(a, q, r);
  check_close(q * r, a, 1e-13);
  BOOST_CHECK_SMALL(orthogonality(q), 1e-13);
  BOOST_CHECK(r.diagonal().minCoeff() > 0.0);
  BOOST_CHECK_EQUAL(Matrix(r.triangularView<Eigen::StrictlyLower>()).cwiseAbs().maxCoeff(), 0.0);
  check_close(orthonormal_basis(1e-7 * q), q, 1e-12);

  Eigen::MatrixXcd c(30, 7), cq, cr;
  c.real() = a;
  c.imag() = random_matrix(30, 7, 4);
  thin_qr(c, cq, cr);
  BOOST_CHECK_SMALL((cq * cr - c).cwiseAbs().maxCoeff(), 1e-13);
  BOOST_CHECK_SMALL((cq.adjoint() * cq - Eigen::MatrixXcd::Identity(7, 7)).cwiseAbs().maxCoeff(), 1e-13);
  BOOST_CHECK(cr.diagonal().real().minCoeff() > 0.0);
  BOOST_CHECK_SMALL(cr.diagonal().imag().cwiseAbs().maxCoeff(), 1e-13);
}

BOOST_AUTO_TEST_CASE(eigenvalues_ascend) {
  const Matrix b = random_matrix(15, 15, 5), a = b + b.transpose();
  const SymmetricEigen eigen(a), alone(a, SymmetricEigen::Vectors::not_wanted);
  check_close(eigen.vectors() * eigen.values().asDiagonal() * eigen.vectors().transpose(), a, 1e-12);
  check_close(eigen.values(), alone.values(), 1e-12);
  BOOST_CHECK_EQUAL(alone.vectors().size(), 0);
  for (Index i = 1; i < 15; ++i) BOOST_CHECK(eigen.values()[i - 1] <= eigen.values()[i]);
}

BOOST_AUTO_TEST_SUITE_END()
