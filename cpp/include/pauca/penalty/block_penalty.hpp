#pragma once

#include <memory>
#include <string>
#include <vector>

#include "pauca/core/types.hpp"

namespace pauca {

/// A penalty that is a sum over blocks of coefficients: a group of features, times all tasks.
///
///   g(w) = sum_b  g_b(w_b) + ridge weight_b ||w_b||^2 / 2
///
/// A block's coefficients are k contiguous numbers (features fastest). Virtual calls at block granularity cost little
/// beside the products of a block update.
class BlockPenalty {
 public:
  virtual ~BlockPenalty() = default;

  virtual bool convex() const = 0;
  void set_strength(double lambda, double ridge) {
    lambda_ = lambda;
    ridge_ = ridge;
  }
  double lambda() const { return lambda_; }
  double ridge() const { return ridge_; }
  double ridge(Index b) const { return ridge_ * weight(b); }
  double weight(Index b) const { return weights_.empty() ? 1.0 : weights_[static_cast<std::size_t>(b)]; }

  double value(Index b, const double* w, Index k) const {
    const double sharp = sharp_value(b, w, k);
    return ridge_ == 0.0 ? sharp : sharp + 0.5 * ridge(b) * Eigen::Map<const Vector>(w, k).squaredNorm();
  }
  /// v <- argmin_x g_b(x) + ||x - v||^2 / (2 step)
  void prox(Index b, double* v, Index k, double step) const {
    const double shrink = 1.0 / (1.0 + step * ridge(b));
    if (shrink != 1.0) Eigen::Map<Vector>(v, k) *= shrink;
    sharp_prox(b, v, k, step * shrink);
  }
  /// Distance of -g to the subdifferential at w.
  double violation(Index b, const double* w, const double* g, Index k) const {
    if (ridge_ == 0.0) return sharp_violation(b, w, g, k);
    const Vector whole = Eigen::Map<const Vector>(g, k) + ridge(b) * Eigen::Map<const Vector>(w, k);
    return sharp_violation(b, w, whole.data(), k);
  }
  /// Largest a with a g in the subdifferential at zero (infinity if g = 0): feasibility of a dual point, and, with
  /// lambda = 1, one over the smallest lambda that keeps the block at zero.
  virtual double dual_limit(Index b, const double* g, Index k) const = 0;
  /// sup_w <g, w> - g_b(w) for a penalty with a ridge, which is finite everywhere.
  virtual double conjugate(Index b, const double* g, Index k) const;
  /// Whether an entry of an active block is free to move smoothly.
  bool smooth(double entry) const { return entry != 0.0 || (lambda_ == 0.0 && convex()) || smooth_at_zero(); }
  /// Whether entries change sign without crossing a kink.
  virtual bool smooth_at_zero() const { return false; }
  /// Derivative at w on the smooth entries, zero on the others.
  void slope(Index b, const double* w, double* out, Index k) const {
    sharp_slope(b, w, out, k);
    if (ridge_ > 0.0) Eigen::Map<Vector>(out, k) += ridge(b) * Eigen::Map<const Vector>(w, k);
  }
  /// Second derivative at w on smooth entries: diag(out) + along u u', u = w / ||w||; returns `along`.
  double curvature(Index b, const double* w, double* out, Index k) const {
    const double along = sharp_curvature(b, w, out, k);
    if (ridge_ > 0.0) Eigen::Map<Vector>(out, k).array() += ridge(b);
    return along;
  }
  /// lambda_b if g_b = lambda_b ||w_b||, for which a block has an exact update; negative otherwise.
  virtual double euclidean_strength(Index) const { return -1.0; }
  /// lambda_b if g_b = lambda_b ||w_b||_1 (beside the ridge); negative otherwise.
  virtual double absolute_strength(Index) const { return -1.0; }

 protected:
  explicit BlockPenalty(std::vector<double> weights) : weights_(std::move(weights)) {}
  double strength(Index b) const { return lambda_ * weight(b); }

  virtual double sharp_value(Index b, const double* w, Index k) const = 0;
  virtual void sharp_prox(Index b, double* v, Index k, double step) const = 0;
  virtual double sharp_violation(Index b, const double* w, const double* g, Index k) const = 0;
  virtual void sharp_slope(Index b, const double* w, double* out, Index k) const = 0;
  virtual double sharp_curvature(Index b, const double* w, double* out, Index k) const = 0;

  double lambda_ = 0.0, ridge_ = 0.0;
  std::vector<double> weights_;
};

/// "group:<scalar penalty>" (p(||w_b||)), "sparse_group" (lambda (ratio |w|_1 + (1 - ratio) weight_b ||w_b||)),
/// "entry:<scalar penalty>" (sum of p(|w|) over entries). shape: as the scalar penalty; for sparse_group the ratio.
std::unique_ptr<BlockPenalty> make_block_penalty(const std::string& name, const std::vector<double>& shape,
                                                 std::vector<double> weights);

}  // namespace pauca
