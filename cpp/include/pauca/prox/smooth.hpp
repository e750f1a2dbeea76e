#pragma once

#include "pauca/prox/problem.hpp"

namespace pauca::prox {

/// The smooth part f(w) = min_b f(offset + b + X w): the intercept is exact at every evaluation, so that methods see
/// coefficients only. Predictors z = offset + X w are linear in w and combined by the caller.
class Smooth {
 public:
  Smooth(const Problem& problem, Monitor& monitor);

  /// z = offset + X w, at the cost of the nonzero columns.
  void predictor(const Vector& w, Vector& z) const;
  /// z = X d
  void product(const Vector& d, Vector& z) const;
  /// f at predictor z; keeps what `gradient` needs. The intercept of the evaluation before is the starting point.
  double evaluate(const Vector& z);
  /// X'u of the last evaluation.
  void gradient(Vector& out);
  /// Lipschitz constant of the gradient: largest eigenvalue of X' H X (columns centred if there is an intercept) by
  /// power iteration, H the bound on the curvature, or the curvature at the last evaluation where there is none.
  double lipschitz();
  /// Second derivatives of the loss at the last evaluation.
  void curvature(Vector& h) const { problem_.loss.curvature(eta_, h); }

  double intercept() const { return intercept_; }
  void set_intercept(double b) { intercept_ = b; }
  Index gradients() const { return gradients_; }

 private:
  const Problem& problem_;
  Monitor& monitor_;
  Vector eta_, u_;
  double intercept_ = 0.0;
  Index gradients_ = 0;
};

}  // namespace pauca::prox
