#pragma once

#include <memory>
#include <string>
#include <vector>

#include "pauca/core/types.hpp"

namespace pauca {

/// A penalty that is a sum over blocks of coefficients: a group of features, times all tasks.
///
/// A block's coefficients are k contiguous numbers (features fastest). Virtual calls at block granularity cost little
/// beside the products of a block update.
class BlockPenalty {
 public:
  virtual ~BlockPenalty() = default;

  virtual bool convex() const = 0;
  void set_lambda(double lambda) { lambda_ = lambda; }
  double lambda() const { return lambda_; }
  double weight(Index b) const { return weights_.empty() ? 1.0 : weights_[static_cast<std::size_t>(b)]; }

  virtual double value(Index b, const double* w, Index k) const = 0;
  /// v <- argmin_x g_b(x) + ||x - v||^2 / (2 step)
  virtual void prox(Index b, double* v, Index k, double step) const = 0;
  /// Distance of -g to the subdifferential at w.
  virtual double violation(Index b, const double* w, const double* g, Index k) const = 0;
  /// Largest a with a g in the subdifferential at zero (infinity if g = 0): feasibility of a dual point, and, with
  /// lambda = 1, one over the smallest lambda that keeps the block at zero.
  virtual double dual_limit(Index b, const double* g, Index k) const = 0;
  /// Whether an entry of an active block is free to move smoothly.
  virtual bool smooth(double entry) const { return entry != 0.0; }
  /// Derivative at w on the smooth entries, zero on the others.
  virtual void slope(Index b, const double* w, double* out, Index k) const = 0;
  /// out += (second derivative at w) d, on smooth entries.
  virtual void apply_curvature(Index b, const double* w, const double* d, double* out, Index k) const = 0;
  /// lambda_b if g_b = lambda_b ||w_b||, for which a block has an exact update; negative otherwise.
  virtual double euclidean_strength(Index) const { return -1.0; }

 protected:
  explicit BlockPenalty(std::vector<double> weights) : weights_(std::move(weights)) {}
  double strength(Index b) const { return lambda_ * weight(b); }

  double lambda_ = 0.0;
  std::vector<double> weights_;
};

/// "group:<scalar penalty>" (p(||w_b||)), "sparse_group" (lambda (ratio |w|_1 + (1 - ratio) weight_b ||w_b||)),
/// "entry:<scalar penalty>" (sum of p(|w|) over entries). shape: as the scalar penalty; for sparse_group the ratio.
std::unique_ptr<BlockPenalty> make_block_penalty(const std::string& name, const std::vector<double>& shape,
                                                 std::vector<double> weights);

}  // namespace pauca
