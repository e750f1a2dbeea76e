#pragma once

#include "pauca/penalty/structured/groups.hpp"
#include "pauca/penalty/vector_penalty.hpp"

namespace pauca {

/// Sparse group lasso: g(w) = alpha (ratio ||w||_1 + (1 - ratio) sum_g d_g ||w_g||). The prox is the group one after
/// the elementwise one (Simon et al. 2013).
class SparseGroup final : public VectorPenalty {
 public:
  SparseGroup(Groups groups, double ratio);

  bool convex() const override { return true; }
  void set_strength(double alpha) override { alpha_ = alpha; }
  double value(const Vector& w) const override;
  void prox(const Vector& v, double step, Vector& out) const override;

 private:
  Groups groups_;
  double ratio_, alpha_ = 1.0;
};

}  // namespace pauca
