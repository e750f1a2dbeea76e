#include "pauca/core/thin_svd.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "pauca/core/symmetric_eigen.hpp"

namespace pauca {

namespace {

constexpr int most_sweeps = 30;

/// Rotates pairs of columns of b, and of v with them, until all are orthogonal.
void orthogonalise(Matrix& b, Matrix& v) {
  const Index n = b.cols();
  const double eps = std::numeric_limits<double>::epsilon();
  Vector squares = b.colwise().squaredNorm();
  for (int sweep = 0; sweep < most_sweeps; ++sweep) {
    bool rotated = false;
    // What is rounding error of the largest column has no direction of its own.
    const double none = std::pow(eps, 2) * squares.maxCoeff();
    for (Index i = 0; i + 1 < n; ++i) {
      for (Index j = i + 1; j < n; ++j) {
        if (squares[i] <= none || squares[j] <= none) continue;
        const double inner = b.col(i).dot(b.col(j));
        if (std::abs(inner) <= 4.0 * eps * std::sqrt(squares[i] * squares[j])) continue;
        const double zeta = (squares[j] - squares[i]) / (2.0 * inner);
        const double t = (zeta < 0.0 ? -1.0 : 1.0) / (std::abs(zeta) + std::hypot(1.0, zeta));
        const double c = 1.0 / std::hypot(1.0, t), s = c * t;
        auto rotate = [&](Matrix& m) {
          for (Index k = 0; k < m.rows(); ++k) {
            const double x = m(k, i), y = m(k, j);
            m(k, i) = c * x - s * y;
            m(k, j) = s * x + c * y;
          }
        };
        rotate(b);
        rotate(v);
        squares[i] = b.col(i).squaredNorm();
        squares[j] = b.col(j).squaredNorm();
        rotated = true;
      }
    }
    if (!rotated) return;
  }
}

/// Columns scaled to unit length; those without length completed to an orthonormal basis.
void normalise(Matrix& b, const Vector& norms) {
  const double none = std::numeric_limits<double>::epsilon() * (norms.size() > 0 ? norms[0] : 0.0);
  for (Index j = 0; j < b.cols(); ++j) {
    if (norms[j] > none) {
      b.col(j) /= norms[j];
      continue;
    }
    for (Index k = 0; k < b.rows(); ++k) {
      Vector unit = Vector::Unit(b.rows(), k);
      for (int twice = 0; twice < 2; ++twice) unit -= b.leftCols(j) * (b.leftCols(j).transpose() * unit);
      if (unit.squaredNorm() * static_cast<double>(2 * b.rows()) < 1.0) continue;
      b.col(j) = unit.normalized();
      break;
    }
  }
}

/// Of a matrix with at least as many rows as columns.
void decompose(const Matrix& a, Matrix& u, Vector& s, Matrix& v) {
  const double scale = a.size() > 0 ? a.cwiseAbs().maxCoeff() : 0.0;  // squares must neither overflow nor vanish
  const Matrix scaled = scale > 0.0 ? Matrix(a / scale) : a;
  const Matrix basis = SymmetricEigen(scaled.transpose() * scaled).vectors().rowwise().reverse();
  Matrix product = scaled * basis, rotation = basis;
  orthogonalise(product, rotation);
  const Vector norms = product.colwise().norm();
  std::vector<Index> order(static_cast<std::size_t>(norms.size()));
  std::iota(order.begin(), order.end(), Index{0});
  std::stable_sort(order.begin(), order.end(), [&](Index i, Index j) { return norms[i] > norms[j]; });
  s = norms(order);
  u = product(Eigen::all, order);
  v = rotation(Eigen::all, order);
  normalise(u, s);
  s *= scale;
}

}  // namespace

ThinSvd::ThinSvd(const Matrix& a) {
  if (a.rows() >= a.cols())
    decompose(a, u_, s_, v_);
  else
    decompose(a.transpose(), v_, s_, u_);
}

}  // namespace pauca
