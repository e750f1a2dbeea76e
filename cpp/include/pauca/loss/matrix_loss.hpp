#pragma once

#include <memory>
#include <vector>

#include "pauca/loss/loss.hpp"

namespace pauca {

/// f(E) = sum_i s_i l(y_i, E_i.) for predictors E (n, T): several tasks, several classes, or one column of a Loss.
///
/// Its curvature is majorised by h_i C with row weights h and a T x T coupling C: the identity, or Boehning's bound
/// (I - 11'/T) / 2 of the softmax.
class MatrixLoss {
 public:
  virtual ~MatrixLoss() = default;

  Index tasks() const { return tasks_; }
  const Vector& weights() const { return weights_; }
  virtual bool is_quadratic() const = 0;
  virtual bool is_softmax() const { return false; }
  virtual double value(const Matrix& eta) const = 0;
  virtual void gradient(const Matrix& eta, Matrix& u) const = 0;
  virtual double value_and_gradient(const Matrix& eta, Matrix& u) const {
    gradient(eta, u);
    return value(eta);
  }
  /// Row weights h of the majorising curvature at eta.
  virtual void curvature(const Matrix& eta, Vector& h) const = 0;
  /// What the exact curvature H at eta is applied from: row weights (n, 1), for the softmax the probabilities (n, T).
  virtual void prepare_hessian(const Matrix& eta, Matrix& state) const = 0;
  /// z <- H z
  virtual void apply_hessian(const Matrix& state, Matrix& z) const = 0;
  virtual bool has_conjugate() const = 0;
  virtual double conjugate(const Matrix& v) const = 0;
  virtual double dual_scale(const Matrix& /*u*/, const Matrix* /*offset*/, double limit) const {
    return limit < 1.0 ? limit : 1.0;
  }
  /// Adds the constants that minimise f(eta + 1 c') to eta and c to `intercept`; leaves the gradient in u.
  virtual void center(Matrix& eta, Matrix& u, Vector& intercept) const = 0;

 protected:
  MatrixLoss(Vector weights, Index tasks) : weights_(std::move(weights)), tasks_(tasks) {}
  Vector weights_;
  Index tasks_;
};

/// ||Y - E||^2 / 2, row-weighted: one task a column.
std::unique_ptr<MatrixLoss> make_multitask_loss(Matrix y, Vector weights);
/// log sum_k exp(E_ik) - E_{i,y_i}: softmax over T classes.
std::unique_ptr<MatrixLoss> make_multinomial_loss(std::vector<Index> y, Index classes, Vector weights);
/// Any Loss as the matrix loss of one column.
std::unique_ptr<MatrixLoss> make_single_loss(std::unique_ptr<Loss> loss);

}  // namespace pauca
