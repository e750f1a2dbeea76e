#pragma once

#include "pauca/penalty/separable.hpp"
#include "pauca/penalty/vector_penalty.hpp"

namespace pauca {

/// A separable penalty seen as a penalty of vectors; lambda = strength * lambda_share, ridge = strength * ridge_share.
template <class P>
class SeparableVector final : public VectorPenalty {
 public:
  SeparableVector(P p, const PenaltySettings& settings, double lambda_share, double ridge_share, Index size)
      : p_(p),
        settings_(settings),
        lambda_share_(lambda_share),
        ridge_share_(ridge_share),
        g_(p, settings),
        size_(size) {}

  bool convex() const override { return P::convex; }
  void set_strength(double alpha) override {
    settings_.lambda = alpha * lambda_share_;
    settings_.ridge = alpha * ridge_share_;
    g_ = Separable<P>(p_, settings_);
  }
  double value(const Vector& w) const override {
    double total = 0.0;
    for (Index j = 0; j < w.size(); ++j) total += g_.value(j, w[j]);
    return total;
  }
  void prox(const Vector& v, double step, Vector& out) const override {
    out.resize(v.size());
    for (Index j = 0; j < v.size(); ++j) out[j] = g_.prox(j, v[j], step);
  }
  double violation(const Vector& w, const Vector& gradient, double step) const override {
    PenaltySettings settings = settings_;
    const Vector curvature = Vector::Constant(P::infinite_slope ? w.size() : 0, 1.0 / step);
    settings.curvature = P::infinite_slope ? curvature.data() : nullptr;
    const Separable<P> g(p_, settings);
    double worst = 0.0;
    for (Index j = 0; j < w.size(); ++j) worst = std::max(worst, g.violation(j, w[j], gradient[j]));
    return worst;
  }
  double critical(const Vector& gradient, double step) override {
    PenaltySettings settings = settings_;
    const Vector curvature = Vector::Constant(P::infinite_slope ? gradient.size() : 0, 1.0 / step);
    settings.curvature = P::infinite_slope ? curvature.data() : nullptr;
    const Separable<P> g(p_, settings);
    double lambda = 0.0;
    for (Index j = 0; j < gradient.size(); ++j) lambda = std::max(lambda, g.critical(j, gradient[j]));
    return lambda_share_ > 0.0 ? lambda / lambda_share_ : std::numeric_limits<double>::infinity();
  }
  double unit() const override {
    const double slope = P::infinite_slope ? 0.0 : p_.derivative(0.0, settings_.lambda);
    return slope > 0.0 ? slope : std::numeric_limits<double>::quiet_NaN();
  }
  double coordinate(Index j, double a) const override { return g_.value(j, a); }
  bool penalises(Index j) const override { return !settings_.weights || settings_.weights[j] > 0.0; }

  bool splits() const override { return P::splits; }
  /// h_j = p'(0) |w_j| + ridge, sign constraint included
  void convex_prox(const Vector& v, double step, Vector& out) const override {
    if constexpr (P::splits) {
      out.resize(v.size());
      for (Index j = 0; j < v.size(); ++j) {
        const double shrink = 1.0 / (1.0 + step * g_.ridge(j)), k = step * g_.zero_limit(j);
        const double a = std::abs(v[j]) > k ? shrink * (std::abs(v[j]) - k) : 0.0;
        out[j] = v[j] < 0.0 ? (settings_.nonnegative ? 0.0 : -a) : a;
      }
    } else {
      prox(v, step, out);
    }
  }
  double convex_value(const Vector& w) const override {
    if constexpr (!P::splits) return value(w);
    double total = 0.0;
    for (Index j = 0; j < w.size(); ++j) {
      if (w[j] == 0.0) continue;
      if (w[j] < 0.0 && settings_.nonnegative) return std::numeric_limits<double>::infinity();
      total += g_.zero_limit(j) * std::abs(w[j]) + 0.5 * g_.ridge(j) * w[j] * w[j];
    }
    return total;
  }
  double concave_value(const Vector& w) const override {
    double total = 0.0;
    if constexpr (P::splits && !P::convex) {
      for (Index j = 0; j < w.size(); ++j) {
        const double limit = g_.zero_limit(j), a = std::abs(w[j]);
        if (a > 0.0 && std::isfinite(limit)) total += g_.value(j, a) - limit * a - 0.5 * g_.ridge(j) * a * a;
      }
    }
    return total;
  }
  void add_concave_gradient(const Vector& w, Vector& gradient) const override {
    if constexpr (P::splits && !P::convex) {
      for (Index j = 0; j < w.size(); ++j) {
        if (w[j] == 0.0) continue;
        const double limit = g_.zero_limit(j);
        if (std::isinf(limit)) continue;
        gradient[j] += g_.slope(j, w[j]) - g_.ridge(j) * w[j] - (w[j] < 0.0 ? -limit : limit);
      }
    }
  }
  double concavity() const override {
    double worst = 0.0;
    if constexpr (P::splits && !P::convex) {
      for (Index j = 0; j < (settings_.weights ? size_ : 1); ++j)  // infinite weights never move
        if (!settings_.weights || std::isfinite(settings_.weights[j]))
          worst = std::max(worst, g_.concavity(j) + g_.ridge(j));
    }
    return worst;
  }

 private:
  P p_;
  PenaltySettings settings_;
  double lambda_share_, ridge_share_;
  Separable<P> g_;
  Index size_;
};

}  // namespace pauca
