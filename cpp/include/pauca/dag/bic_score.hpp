#pragma once

#include "pauca/dag/node_score.hpp"
#include "pauca/dag/stepwise.hpp"

namespace pauca::dag {

/// Gaussian BIC: unequal variances sum_j ( n_j log q_j + kappa |pa_j| ), equal ones n d log( sum_j q_j / d ) + kappa
/// |E|, q_j the residual variance of least squares on the parents. Parents by stepwise addition and removal until no
/// single change lowers the score.
class BicScore final : public NodeScore {
 public:
  BicScore(const MomentGroups& moments, const Constraints& constraints, bool equal_variance, double kappa,
           Index max_parents);

  void fit(Index node, const Mask& candidates, NodeFit& fit) override;
  void would_enter(Index node, const NodeFit& fit, std::uint8_t* out) override;
  double least_cost(Index node) const override;
  double objective(const std::vector<NodeFit>& fits) const override;
  /// Least squares on exactly these parents (collinear ones get weight zero).
  void fit_exactly(Index node, const std::vector<int>& parents, NodeFit& fit);

 private:
  double improvement(const NodeMoments& m, Index node, double before, double after) const;
  double cost(const NodeMoments& m, Index node, double rss, std::size_t parents) const;
  bool grow(const NodeMoments& m, Index node, double kappa);
  bool shrink(const NodeMoments& m, Index node);
  void drop_negative(Index node);
  void finish(const NodeMoments& m, Index node, NodeFit& fit);

  double kappa_;
  Index max_parents_;
  Stepwise step_;
  Vector open_, gain_, work_;
};

}  // namespace pauca::dag
