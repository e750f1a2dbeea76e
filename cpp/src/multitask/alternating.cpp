#include "pauca/multitask/alternating.hpp"

#include <Eigen/Cholesky>
#include <cmath>

#include "pauca/core/cholesky.hpp"
#include "pauca/core/errors.hpp"
#include "pauca/core/thin_qr.hpp"
#include "pauca/multitask/rounds.hpp"

namespace pauca::multitask {
namespace {

class Alternating {
 public:
  Alternating(const TaskGrams& data, SharedFactors& f, Monitor& monitor)
      : data_(data),
        f_(f),
        monitor_(monitor),
        k_(f.basis.cols()),
        product_(data.features(), k_),
        gradient_(data.features(), k_),
        vector_(data.features()),
        image_(data.features()) {
    f_.heads = Matrix::Zero(k_, data.tasks());
    factor_pooled();
  }

  Index passes() const { return passes_; }
  const Matrix& gradient() const { return gradient_; }

  /// All w_m for the present B, and what they leave of the gradient; returns the objective.
  double heads() {
    ++passes_;
    gradient_.setZero();
    double objective = 0.0;
    Vector w;
    for (Index m = 0; m < data_.tasks() && monitor_.keep_going(); ++m) {
      multiply(m);
      const Vector rhs = f_.basis.transpose() * data_.cross.col(m);
      Matrix small = f_.basis.transpose() * product_;
      small = 0.5 * (small + small.transpose()).eval();
      solve_semidefinite(small, rhs, w);
      f_.heads.col(m) = w;
      image_.noalias() = data_.cross.col(m) - product_ * w;
      gradient_.noalias() += image_ * w.transpose();
      objective += 0.5 * (data_.squares[m] - w.dot(rhs));
    }
    return objective;
  }

  /// The step in B: conjugate gradients on H(D) = gradient, to a fraction `accuracy` of its preconditioned norm.
  void basis(double accuracy, int limit) {
    const Index d = data_.features();
    Matrix small = f_.heads * data_.weight.asDiagonal() * f_.heads.transpose();
    small.diagonal().array() += 1e-12 * small.trace() / static_cast<double>(k_) + 1e-300;
    const Eigen::LLT<Matrix> weight(small);
    auto precondition = [&](const Matrix& r, Matrix& out) {
      out = r;
      if (pooled_ok_) {
        pooled_.triangularView<Eigen::Lower>().solveInPlace(out);
        pooled_.transpose().triangularView<Eigen::Upper>().solveInPlace(out);
      }
      out = weight.solve(out.transpose()).transpose();
    };
    Matrix step = Matrix::Zero(d, k_), residual = gradient_, z, direction, h(d, k_);
    precondition(residual, z);
    direction = z;
    double rz = residual.cwiseProduct(z).sum();
    const double goal = accuracy * accuracy * rz;
    for (int i = 0; i < limit && rz > goal && rz > 0.0; ++i) {
      if (!apply(direction, h)) return;
      const double curvature = direction.cwiseProduct(h).sum();
      if (!(curvature > 0.0)) break;
      const double a = rz / curvature;
      step += a * direction;
      residual -= a * h;
      precondition(residual, z);
      const double next = residual.cwiseProduct(z).sum();
      direction = z + (next / rz) * direction;
      rz = next;
    }
    f_.basis += step;
    f_.basis = orthonormal_basis(f_.basis);
  }

 private:
  /// product_ = (G_m + r I) B
  void multiply(Index m) {
    product_.noalias() = data_.gram(m) * f_.basis;
    product_ += data_.ridge[m] * f_.basis;
  }

  /// h = H(D); false if the monitor asked to stop.
  bool apply(const Matrix& direction, Matrix& h) {
    ++passes_;
    h.setZero();
    for (Index m = 0; m < data_.tasks(); ++m) {
      if (!monitor_.keep_going()) return false;
      vector_.noalias() = direction * f_.heads.col(m);
      data_.apply(m, vector_, image_);
      h.noalias() += image_ * f_.heads.col(m).transpose();
    }
    return true;
  }

  void factor_pooled() {
    const Index d = data_.features();
    pooled_ = Matrix::Zero(d, d);
    for (Index m = 0; m < data_.tasks() && monitor_.keep_going(); ++m) pooled_ += data_.gram(m);
    ++passes_;
    const double total = std::max(data_.weight.sum(), 1e-300);
    pooled_ /= total;
    pooled_.diagonal().array() += 1e-8 * pooled_.trace() / static_cast<double>(d) + data_.ridge.sum() / total + 1e-300;
    pooled_ok_ = cholesky_in_place(pooled_, monitor_);
  }

  const TaskGrams& data_;
  SharedFactors& f_;
  Monitor& monitor_;
  Index k_, passes_ = 0;
  Matrix product_, gradient_, pooled_;
  Vector vector_, image_;
  bool pooled_ok_ = false;
};

}  // namespace

Report alternating_least_squares(const TaskGrams& data, SharedFactors& factors, const Settings& settings,
                                 Monitor& monitor, Index* passes) {
  require(factors.basis.rows() == data.features(), "basis: expected one row a feature");
  Alternating als(data, factors, monitor);
  Rounds rounds("alternating least squares", std::max(0.5 * data.squares.sum(), 1e-300), settings, monitor);
  double objective = als.heads();
  while (rounds.next(objective)) {
    const SharedFactors last = factors;
    als.basis(0.03, 30);
    const double after = als.heads();
    if (monitor.stop_requested() || !(after < objective)) {  // an unfinished pass, or rounding: keep what is known
      factors = last;
      rounds.abandon();
      break;
    }
    objective = after;
  }
  if (passes) *passes = als.passes();
  return rounds.report;
}

Matrix fit_heads(const TaskGrams& data, ConstMatrixRef basis) {
  Matrix heads(basis.cols(), data.tasks());
  Vector w;
  for (Index m = 0; m < data.tasks(); ++m) {
    Matrix small = basis.transpose() * (data.gram(m) * basis) + data.ridge[m] * basis.transpose() * basis;
    solve_semidefinite(small, basis.transpose() * data.cross.col(m), w);
    heads.col(m) = w;
  }
  return heads;
}

}  // namespace pauca::multitask
