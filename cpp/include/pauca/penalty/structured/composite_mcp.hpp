#pragma once

#include "pauca/penalty/structured/groups.hpp"
#include "pauca/penalty/vector_penalty.hpp"

namespace pauca {

/// Composite (bi-level) MCP: g(w) = sum_g P_g(sum_{j in g} p(|w_j|)), both MCPs of strength l = sqrt(alpha d_g), so
/// that the slope at zero is alpha d_g; p has shape gamma and P_g has |g| gamma l / 2, which makes both saturate
/// together (Breheny and Huang 2009).
///
/// The outer MCP is min_m [m s + Gamma (l - m)^2 / 2] over 0 <= m <= l, so that the prox is a search for the slope m
/// alone: for given m it is the elementwise MCP prox with step t m.
class CompositeMcp final : public VectorPenalty {
 public:
  CompositeMcp(Groups groups, double gamma);

  bool convex() const override { return false; }
  void set_strength(double alpha) override { alpha_ = alpha; }
  double value(const Vector& w) const override;
  void prox(const Vector& v, double step, Vector& out) const override;
  double critical(const Vector& gradient, double step) override;

 private:
  Groups groups_;
  double gamma_, alpha_ = 1.0;
};

}  // namespace pauca
