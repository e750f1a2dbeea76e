#pragma once

#include "pauca/penalty/vector_penalty.hpp"

namespace pauca {

/// Sorted l1 penalty (SLOPE): g(w) = alpha sum_i l_i |w|_(i), |w|_(1) >= |w|_(2) >= ..., l non-increasing, l >= 0.
/// Its prox sorts, subtracts, fits a non-increasing sequence and clips at zero (Bogdan et al. 2015).
class Slope final : public VectorPenalty {
 public:
  explicit Slope(Vector sequence);

  bool convex() const override { return true; }
  void set_strength(double alpha) override { alpha_ = alpha; }
  double value(const Vector& w) const override;
  void prox(const Vector& v, double step, Vector& out) const override;
  /// The dual norm: max_k sum_{i <= k} |G|_(i) / sum_{i <= k} l_i.
  double critical(const Vector& gradient, double step) override;

 private:
  Vector l_;
  double alpha_ = 1.0;
};

}  // namespace pauca
