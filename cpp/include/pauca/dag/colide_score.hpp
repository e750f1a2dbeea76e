#pragma once

#include "pauca/dag/node_score.hpp"
#include "pauca/dag/stepwise.hpp"

namespace pauca::dag {

/// The concomitant score with its noise profiled out (Saboksayr, Mateos & Tepper 2024):
///
///   unequal  sum_j [ sqrt(q_j) + sum_i lambda_ij |W_ij| ],   equal  sqrt(d sum_j q_j) + sum_ij lambda_ij |W_ij|,
///
/// q_j(W) the mean squared residual; below the bound sigma_0 the square root continues as q/(2 sigma_0) + sigma_0/2.
/// Each node is a square-root lasso, solved exactly by an active-set method: for a fixed support with signs s, sigma^2
/// = q_ols / (1 - (lambda s)' S_AA^{-1} (lambda s)) and w = w_ols - sigma S_AA^{-1} (lambda s).
class ColideScore final : public NodeScore {
 public:
  /// penalties: lambda_ij (parent, child).
  ColideScore(const MomentGroups& moments, const Constraints& constraints, bool equal_variance, Matrix penalties,
              double noise_bound);

  void fit(Index node, const Mask& candidates, NodeFit& fit) override;
  void would_enter(Index node, const NodeFit& fit, std::uint8_t* out) override;
  double least_cost(Index node) const override;
  double objective(const std::vector<NodeFit>& fits) const override;

 private:
  double sigma(double rss) const;
  bool solve_active();
  void drop(Index position);
  double current_rss();

  Matrix penalties_;
  double bound_;
  Stepwise step_;
  // The regression at hand, in units of the target's standard deviation.
  double fixed_ = 1.0;
  std::vector<double> w_, sign_, l_;
  Vector level_, gradient_, work_;
  std::vector<double> a_, b_, c_;
};

}  // namespace pauca::dag
