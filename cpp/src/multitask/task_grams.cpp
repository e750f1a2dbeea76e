#include "pauca/multitask/task_grams.hpp"

#include <Eigen/Cholesky>
#include <Eigen/Eigenvalues>
#include <Eigen/QR>
#include <cmath>

#include "pauca/core/cholesky.hpp"

namespace pauca::multitask {

void TaskGrams::apply(Index m, ConstVectorRef v, VectorRef out) const {
  const auto g = gram(m);
  if (features() >= 128)
    out.noalias() = g.selfadjointView<Eigen::Lower>() * v;
  else
    out.noalias() = g * v;
  out += ridge[m] * v;
}

void orthonormalise(Matrix& basis) {
  const Index k = basis.cols();
  const Eigen::HouseholderQR<Matrix> qr(basis);
  // Q of the columns' span whatever their scale; the sign of R's diagonal keeps B where it was.
  const Vector sign = qr.matrixQR().diagonal().unaryExpr([](double r) { return r < 0.0 ? -1.0 : 1.0; });
  basis = qr.householderQ() * Matrix::Identity(basis.rows(), k);
  basis = basis * sign.asDiagonal();
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
  const Eigen::SelfAdjointEigenSolver<Matrix> eig(a);
  const Vector& s = eig.eigenvalues();
  const double floor = 1e-13 * std::max(s.maxCoeff(), 0.0);
  const Vector inverse = s.unaryExpr([&](double v) { return v > floor ? 1.0 / v : 0.0; });
  x = eig.eigenvectors() * (inverse.asDiagonal() * (eig.eigenvectors().transpose() * b));
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
    const Eigen::SelfAdjointEigenSolver<Matrix> eig(t.transpose() * t);
    basis.leftCols(lead) = t * eig.eigenvectors().rightCols(lead).rowwise().reverse();
  } else {
    const Eigen::SelfAdjointEigenSolver<Matrix> eig(t * t.transpose());
    basis.leftCols(lead) = eig.eigenvectors().rightCols(lead).rowwise().reverse();
  }
  for (Index j = lead; j < k; ++j) basis.col(j) = Vector::Unit(d, j);
  orthonormalise(basis);
  return basis;
}

}  // namespace pauca::multitask
