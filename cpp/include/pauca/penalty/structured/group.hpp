#pragma once

#include <memory>
#include <string>

#include "pauca/penalty/structured/groups.hpp"
#include "pauca/penalty/vector_penalty.hpp"

namespace pauca {

/// A scalar penalty of the group norms, g(w) = sum_g p_{alpha d_g}(||w_g||): group lasso, group MCP, group SCAD. The
/// prox is radial: w_g = v_g prox(||v_g||) / ||v_g||.
template <class P>
class GroupPenalty final : public VectorPenalty {
 public:
  GroupPenalty(P p, Groups groups) : p_(p), groups_(std::move(groups)) {}

  bool convex() const override { return P::convex; }
  void set_strength(double alpha) override { alpha_ = alpha; }
  double value(const Vector& w) const override {
    double total = 0.0;
    for (Index g = 0; g < groups_.count(); ++g) {
      const double a = groups_.norm(g, w);
      if (a > 0.0) total += p_.value(a, alpha_ * groups_.weights[g]);
    }
    return total;
  }
  void prox(const Vector& v, double step, Vector& out) const override {
    out.resize(v.size());
    for (Index g = 0; g < groups_.count(); ++g) {
      const double a = groups_.norm(g, v);
      const double x = a > 0.0 ? p_.prox(a, alpha_ * groups_.weights[g], step) : 0.0;
      groups_.scale(g, v, x == a ? 1.0 : x / a, out);
    }
  }
  double critical(const Vector& gradient, double) override {
    double worst = 0.0;
    for (Index g = 0; g < groups_.count(); ++g)
      if (groups_.weights[g] > 0.0) worst = std::max(worst, groups_.norm(g, gradient) / groups_.weights[g]);
    return worst;
  }

 private:
  P p_;
  Groups groups_;
  double alpha_ = 1.0;
};

}  // namespace pauca
