#include "pauca/core/thin_qr.hpp"

#include <Eigen/QR>

namespace pauca {

namespace {

template <class M>
void factor(const M& a, M& q, M* r) {
  const Index n = a.cols();
  const Eigen::HouseholderQR<M> qr(a);
  // Householder reflections leave a real diagonal.
  const Vector sign = qr.matrixQR().diagonal().real().unaryExpr([](double d) { return d < 0.0 ? -1.0 : 1.0; });
  q = qr.householderQ() * M::Identity(a.rows(), n);
  q *= sign.asDiagonal();
  if (!r) return;
  *r = qr.matrixQR().topRows(n).template triangularView<Eigen::Upper>();
  *r = sign.asDiagonal() * *r;
}

}  // namespace

void thin_qr(const Matrix& a, Matrix& q, Matrix& r) { factor(a, q, &r); }
void thin_qr(const Eigen::MatrixXcd& a, Eigen::MatrixXcd& q, Eigen::MatrixXcd& r) { factor(a, q, &r); }

Matrix orthonormal_basis(const Matrix& a) {
  Matrix q;
  factor<Matrix>(a, q, nullptr);
  return q;
}

}  // namespace pauca
