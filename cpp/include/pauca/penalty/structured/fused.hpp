#pragma once

#include "pauca/penalty/vector_penalty.hpp"

namespace pauca {

/// out = argmin_x ||x - v||^2 / 2 + lambda sum_i |x_{i+1} - x_i|, in O(n) by the dynamic programme of Johnson (2013).
void total_variation_prox(const Vector& v, double lambda, Vector& out);

/// Fused lasso: g(w) = alpha ((1 - ratio) sum_i |w_{i+1} - w_i| + ratio ||w||_1). The prox is soft thresholding of the
/// total variation prox (Friedman et al. 2007).
class Fused final : public VectorPenalty {
 public:
  explicit Fused(double ratio);

  bool convex() const override { return true; }
  void set_strength(double alpha) override { alpha_ = alpha; }
  double value(const Vector& w) const override;
  void prox(const Vector& v, double step, Vector& out) const override;

 private:
  double ratio_, alpha_ = 1.0;
};

}  // namespace pauca
