#include "pauca/penalty/block_penalty.hpp"

#include <cmath>
#include <limits>

#include "pauca/penalty/registry.hpp"

namespace pauca {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

using ConstVec = Eigen::Map<const Vector>;
using Vec = Eigen::Map<Vector>;

/// g_b(w) = p_{lambda_b}(||w_b||), lambda_b = lambda weight_b.
template <class P>
class RadialPenalty final : public BlockPenalty {
 public:
  RadialPenalty(P p, std::vector<double> weights) : BlockPenalty(std::move(weights)), p_(p) {}

  bool convex() const override { return P::convex; }
  double sharp_value(Index b, const double* w, Index k) const override {
    const double a = ConstVec(w, k).norm();
    return a == 0.0 ? 0.0 : p_.value(a, strength(b));
  }
  void sharp_prox(Index b, double* v, Index k, double step) const override {
    Vec x(v, k);
    const double a = x.norm();
    if (a > 0.0) x *= p_.prox(a, strength(b), step) / a;
  }
  double sharp_violation(Index b, const double* w, const double* g, Index k) const override {
    const ConstVec x(w, k), grad(g, k);
    const double a = x.norm();
    if (a == 0.0) return std::max(grad.norm() - p_.derivative(0.0, strength(b)), 0.0);
    return (grad + (p_.derivative(a, strength(b)) / a) * x).norm();
  }
  double dual_limit(Index b, const double* g, Index k) const override {
    const double a = ConstVec(g, k).norm();
    return a > 0.0 ? p_.derivative(0.0, strength(b)) / a : infinity;
  }
  bool smooth_at_zero() const override { return true; }
  void sharp_slope(Index b, const double* w, double* out, Index k) const override {
    const ConstVec x(w, k);
    const double a = x.norm();
    Vec(out, k) = (a > 0.0 ? p_.derivative(a, strength(b)) / a : 0.0) * x;
  }
  double sharp_curvature(Index b, const double* w, double* out, Index k) const override {
    const double a = ConstVec(w, k).norm(), flat = a > 0.0 ? p_.derivative(a, strength(b)) / a : 0.0;
    Vec(out, k).setConstant(flat);
    if (a == 0.0) return 0.0;
    return p_.curvature(a, strength(b)) - flat;
  }
  double euclidean_strength(Index b) const override { return std::is_same_v<P, L1> ? strength(b) : -1.0; }

 private:
  P p_;
};

/// Sum of p_{lambda_b}(|w_i|) over the entries of the block.
template <class P>
class EntryPenalty final : public BlockPenalty {
 public:
  EntryPenalty(P p, std::vector<double> weights) : BlockPenalty(std::move(weights)), p_(p) {}

  bool convex() const override { return P::convex; }
  double sharp_value(Index b, const double* w, Index k) const override {
    double total = 0.0;
    for (Index i = 0; i < k; ++i)
      if (w[i] != 0.0) total += p_.value(std::abs(w[i]), strength(b));
    return total;
  }
  void sharp_prox(Index b, double* v, Index k, double step) const override {
    for (Index i = 0; i < k; ++i)
      v[i] = v[i] == 0.0 ? 0.0 : std::copysign(p_.prox(std::abs(v[i]), strength(b), step), v[i]);
  }
  double sharp_violation(Index b, const double* w, const double* g, Index k) const override {
    double worst = 0.0;
    for (Index i = 0; i < k; ++i) {
      const double d = p_.derivative(std::abs(w[i]), strength(b));
      worst = std::max(worst, w[i] == 0.0 ? std::abs(g[i]) - d : std::abs(g[i] + std::copysign(d, w[i])));
    }
    return worst;
  }
  double dual_limit(Index b, const double* g, Index k) const override {
    const double a = ConstVec(g, k).lpNorm<Eigen::Infinity>();
    return a > 0.0 ? p_.derivative(0.0, strength(b)) / a : infinity;
  }
  void sharp_slope(Index b, const double* w, double* out, Index k) const override {
    for (Index i = 0; i < k; ++i)
      out[i] = w[i] == 0.0 ? 0.0 : std::copysign(p_.derivative(std::abs(w[i]), strength(b)), w[i]);
  }
  double sharp_curvature(Index b, const double* w, double* out, Index k) const override {
    for (Index i = 0; i < k; ++i) out[i] = w[i] == 0.0 ? 0.0 : p_.curvature(std::abs(w[i]), strength(b));
    return 0.0;
  }
  double absolute_strength(Index b) const override { return std::is_same_v<P, L1> ? strength(b) : -1.0; }
  double conjugate(Index b, const double* g, Index k) const override {
    if (!std::is_same_v<P, L1>) return BlockPenalty::conjugate(b, g, k);
    const double excess = (ConstVec(g, k).cwiseAbs().array() - strength(b)).cwiseMax(0.0).square().sum();
    return excess > 0.0 ? excess / (2.0 * ridge(b)) : 0.0;
  }

 private:
  P p_;
};

/// g_b(w) = lambda (ratio ||w_b||_1 + (1 - ratio) weight_b ||w_b||_2); its prox is soft thresholding, then block
/// soft thresholding (Friedman, Hastie and Tibshirani 2010).
class SparseGroupPenalty final : public BlockPenalty {
 public:
  SparseGroupPenalty(double ratio, std::vector<double> weights) : BlockPenalty(std::move(weights)), ratio_(ratio) {}

  bool convex() const override { return true; }
  double sharp_value(Index b, const double* w, Index k) const override {
    const ConstVec x(w, k);
    return entry() * x.lpNorm<1>() + group(b) * x.norm();
  }
  void sharp_prox(Index b, double* v, Index k, double step) const override {
    Vec x(v, k);
    x = soft(x, step * entry());
    const double a = x.norm();
    x *= a > step * group(b) ? 1.0 - step * group(b) / a : 0.0;
  }
  double sharp_violation(Index b, const double* w, const double* g, Index k) const override {
    const ConstVec x(w, k), grad(g, k);
    const double a = x.norm();
    if (a == 0.0) return std::max(soft(grad, entry()).norm() - group(b), 0.0);
    double square = 0.0;
    for (Index i = 0; i < k; ++i) {
      const double r = w[i] == 0.0 ? std::max(std::abs(g[i]) - entry(), 0.0)
                                   : g[i] + std::copysign(entry(), w[i]) + group(b) * w[i] / a;
      square += r * r;
    }
    return std::sqrt(square);
  }
  double dual_limit(Index b, const double* g, Index k) const override {
    const ConstVec grad(g, k);
    const double top = grad.lpNorm<Eigen::Infinity>();
    if (top == 0.0) return infinity;
    // ||soft(a g, entry)|| - group grows with a: bisection between two sure ends.
    double lo = entry() / top, hi = lo + group(b) / top + (group(b) + entry()) / grad.norm();
    while (soft(hi * grad, entry()).norm() < group(b)) hi *= 2.0;
    for (int i = 0; i < 100 && hi - lo > 1e-15 * hi; ++i) {
      const double mid = 0.5 * (lo + hi);
      (soft(mid * grad, entry()).norm() <= group(b) ? lo : hi) = mid;
    }
    return lo;
  }
  void sharp_slope(Index b, const double* w, double* out, Index k) const override {
    const double a = ConstVec(w, k).norm();
    for (Index i = 0; i < k; ++i) out[i] = w[i] == 0.0 ? 0.0 : std::copysign(entry(), w[i]) + group(b) * w[i] / a;
  }
  double sharp_curvature(Index b, const double* w, double* out, Index k) const override {
    const double a = ConstVec(w, k).norm(), flat = a > 0.0 ? group(b) / a : 0.0;
    for (Index i = 0; i < k; ++i) out[i] = w[i] == 0.0 ? 0.0 : flat;
    return -flat;
  }

 private:
  double entry() const { return lambda_ * ratio_; }
  double group(Index b) const { return lambda_ * (1.0 - ratio_) * weight(b); }
  template <class V>
  static Vector soft(const V& x, double t) {
    return x.unaryExpr([t](double v) { return std::copysign(std::max(std::abs(v) - t, 0.0), v); });
  }
  double ratio_;
};

}  // namespace

double BlockPenalty::conjugate(Index, const double*, Index) const { return infinity; }

std::unique_ptr<BlockPenalty> make_block_penalty(const std::string& name, const std::vector<double>& shape,
                                                 std::vector<double> weights) {
  if (name == "sparse_group") return std::make_unique<SparseGroupPenalty>(shape.at(0), std::move(weights));
  const auto colon = name.find(':');
  const std::string kind = name.substr(0, colon);
  require(colon != std::string::npos && (kind == "group" || kind == "entry"),
          "penalty: no block penalty is called '" + name + "'");
  return visit_penalty(name.substr(colon + 1), shape, [&](auto p) -> std::unique_ptr<BlockPenalty> {
    using P = decltype(p);
    if constexpr (std::is_same_v<P, Box>)
      throw std::invalid_argument("penalty: bounds are no penalty of a norm");
    else if (kind == "group")
      return std::make_unique<RadialPenalty<P>>(p, std::move(weights));
    else
      return std::make_unique<EntryPenalty<P>>(p, std::move(weights));
  });
}

}  // namespace pauca
