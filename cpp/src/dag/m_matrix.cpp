#include "pauca/dag/m_matrix.hpp"

#include <cmath>

namespace pauca::dag {
namespace {

constexpr Index leaf = 24;

/// Gauss-Jordan by columns, without pivoting.
bool invert_leaf(MatrixRef a, double& log_det) {
  const Index n = a.rows();
  for (Index k = 0; k < n; ++k) {
    const double pivot = a(k, k);
    if (!(pivot > 0.0)) return false;
    log_det += std::log(pivot);
    a(k, k) = 1.0;
    double* source = &a(0, k);
    for (Index i = 0; i < n; ++i) source[i] /= pivot;
    for (Index j = 0; j < n; ++j) {
      if (j == k) continue;
      const double f = a(k, j);
      if (f == 0.0) continue;
      a(k, j) = 0.0;
      double* target = &a(0, j);
      for (Index i = 0; i < n; ++i) target[i] -= f * source[i];
    }
  }
  return true;
}

}  // namespace

MMatrixInverse::MMatrixInverse(Index n) : left_((n + 1) / 2, (n + 1) / 2), right_((n + 1) / 2, (n + 1) / 2) {}

bool MMatrixInverse::invert(Matrix& a) {
  log_det_ = 0.0;
  return invert_block(a);
}

bool MMatrixInverse::invert_block(MatrixRef a) {
  const Index n = a.rows();
  if (n <= leaf) return invert_leaf(a, log_det_);
  const Index n1 = n / 2, n2 = n - n1;
  auto a11 = a.topLeftCorner(n1, n1);
  auto a12 = a.topRightCorner(n1, n2);
  auto a21 = a.bottomLeftCorner(n2, n1);
  auto a22 = a.bottomRightCorner(n2, n2);
  if (!invert_block(a11)) return false;
  // left = A21 B, S = A22 - left A12
  left_.topLeftCorner(n2, n1).noalias() = a21 * a11;
  a22.noalias() -= left_.topLeftCorner(n2, n1) * a12;
  a21 = left_.topLeftCorner(n2, n1);
  if (!invert_block(a22)) return false;
  right_.topLeftCorner(n1, n2).noalias() = a11 * a12;
  a12.noalias() = right_.topLeftCorner(n1, n2) * a22;
  a12 = -a12;                  // -B A12 S^{-1}
  a11.noalias() -= a12 * a21;  // + B A12 S^{-1} A21 B
  left_.topLeftCorner(n2, n1).noalias() = a22 * a21;
  a21 = -left_.topLeftCorner(n2, n1);
  return true;
}

}  // namespace pauca::dag
