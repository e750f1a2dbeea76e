#pragma once

#include "pauca/penalty/structured/groups.hpp"
#include "pauca/penalty/vector_penalty.hpp"

namespace pauca {

/// Group envelope: the convex envelope of half the weighted squared norm on vectors with at most k nonzero groups,
///
///   g(w) = alpha / 2 min { sum_g d_g ||w_g||^2 / u_g : 0 <= u <= 1, sum_g u_g <= k },
///
/// with singleton groups half the squared k-support norm (Argyriou, Foygel and Srebro 2012).
class KSupport final : public VectorPenalty {
 public:
  KSupport(Groups groups, Index k);

  bool convex() const override { return true; }
  void set_strength(double alpha) override { alpha_ = alpha; }
  double value(const Vector& w) const override;
  void prox(const Vector& v, double step, Vector& out) const override;
  double critical(const Vector&, double) override { return std::numeric_limits<double>::infinity(); }

 private:
  Groups groups_;
  Index k_;
  double alpha_ = 1.0;
};

}  // namespace pauca
