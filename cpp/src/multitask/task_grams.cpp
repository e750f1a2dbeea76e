#include "pauca/multitask/task_grams.hpp"

#include <Eigen/Cholesky>
#include <cmath>

#include "pauca/core/cholesky.hpp"
#include "pauca/core/symmetric_eigen.hpp"
#include "pauca/core/thin_qr.hpp"

namespace pauca::multitask {

void TaskGrams::apply(Index m, ConstVectorRef v, VectorRef out) const {
  const auto g = gram(m);
  if (features() >= 128)
    out.noalias() = g.selfadjointView<Eigen::Lower>() * v;
  else
    out.noalias() = g * v;
  out += ridge[m] * v;
}

void solve_semidefinite(const Matrix& a, const Vector& b, Vector& x) {
  const Eigen::LLT<Matrix> llt(a);
  if (llt.info() == Eigen::Success) {
    const auto pivots = llt.matrixLLT().diagonal();
    if (pivots.minCoeff() > 1e-7 * pivots.maxCoeff()) {
      x = llt.solve(b);
      return;
    }
  }
  const SymmetricEigen eig(a);
  const Vector& s = eig.values();
  const double floor = 1e-13 * std::max(s.maxCoeff(), 0.0);
  const Vector inverse = s.unaryExpr([&](double v) { return v > floor ? 1.0 / v : 0.0; });
  x = eig.vectors() * (inverse.asDiagonal() * (eig.vectors().transpose() * b));
}

Matrix spectral_start(const TaskGrams& data, Index k, Monitor& monitor) {
  const Index d = data.features(), tasks = data.tasks();
  Matrix pooled = Matrix::Zero(d, d);
  for (Index m = 0; m < tasks && monitor.keep_going(); ++m) pooled += data.gram(m);
  const double total = std::max(data.weight.sum(), 1e-300);
  pooled /= total;
  const double level = std::max(pooled.trace() / static_cast<double>(d), 1e-300);
  pooled.diagonal().array() += 1e-8 * level + data.ridge.sum() / total;
  Matrix t(d, tasks);
  for (Index m = 0; m < tasks; ++m) t.col(m) = data.cross.col(m) / std::sqrt(std::max(data.weight[m], 1e-300));
  if (cholesky_in_place(pooled, monitor)) {
    pooled.triangularView<Eigen::Lower>().solveInPlace(t);
    pooled.transpose().triangularView<Eigen::Upper>().solveInPlace(t);
  }
  // Leading left singular vectors of t through the smaller of its two Grams.
  Matrix basis(d, k);
  const Index lead = std::min(k, std::min(d, tasks));
  if (tasks <= d) {
    const SymmetricEigen eig(t.transpose() * t);
    basis.leftCols(lead) = t * eig.vectors().rightCols(lead).rowwise().reverse();
  } else {
    const SymmetricEigen eig(t * t.transpose());
    basis.leftCols(lead) = eig.vectors().rightCols(lead).rowwise().reverse();
  }
  for (Index j = lead; j < k; ++j) basis.col(j) = Vector::Unit(d, j);
  return orthonormal_basis(basis);
}

}  // namespace pauca::multitask
