#pragma once

#include <cstdint>
#include <vector>

#include "pauca/dag/constraints.hpp"
#include "pauca/dag/node_moments.hpp"

namespace pauca::dag {

/// The best parents found for a node among its predecessors.
struct NodeFit {
  double cost = 0.0;  ///< the node's share of the score
  double residual_variance = 0.0;
  std::vector<int> parents;
  std::vector<double> weights;  ///< on the scale of the data
};

/// Moments of each node's regression: one for all nodes, or one for each distinct set of rows (interventions).
struct MomentGroups {
  std::vector<NodeMoments> groups;
  std::vector<int> group_of;  ///< one a node; empty: all in group 0

  const NodeMoments& of(Index node) const { return groups[group_of.empty() ? 0 : group_of[node]]; }
};

/// A score that is a sum over nodes once the noise level is fixed: sum_j cost_j + constant.
///
/// With unequal variances the noise of each node is profiled inside its cost. With equal variances the costs hold for
/// the common variance given by set_noise, and minimising over order and noise in turn never increases the score.
class NodeScore {
 public:
  using Mask = std::vector<std::uint8_t>;

  NodeScore(const MomentGroups& moments, const Constraints& constraints, bool equal_variance)
      : moments_(moments), constraints_(constraints), equal_(equal_variance) {}
  virtual ~NodeScore() = default;

  /// Fits `node` on candidates with mask != 0, from the parents and weights already in `fit`.
  virtual void fit(Index node, const Mask& candidates, NodeFit& fit) = 0;
  /// For each variable, whether it would enter the fit if it came before the node.
  virtual void would_enter(Index node, const NodeFit& fit, std::uint8_t* out) = 0;
  /// A bound below every cost of the node, better after prepare_bounds.
  virtual double least_cost(Index node) const = 0;
  /// How far the residuals of each node can fall at all: an inverse for each group of moments.
  void prepare_bounds() {
    least_rss_.clear();
    for (const auto& m : moments_.groups) least_rss_.push_back(m.least_rss());
  }
  /// The score of all fits, noise profiled out.
  virtual double objective(const std::vector<NodeFit>& fits) const = 0;

  bool equal_variance() const { return equal_; }
  void set_noise(double variance) { noise_ = variance; }
  double noise() const { return noise_; }
  const Constraints& constraints() const { return constraints_; }
  const MomentGroups& moments() const { return moments_; }

 protected:
  /// Of the unit-norm column.
  double least_rss(Index node) const {
    return least_rss_.empty() ? 0.0 : least_rss_[moments_.group_of.empty() ? 0 : moments_.group_of[node]][node];
  }

  const MomentGroups& moments_;
  const Constraints& constraints_;
  std::vector<Vector> least_rss_;  ///< one a group
  bool equal_;
  double noise_ = 1.0;
};

/// Mean residual variance, the maximum-likelihood estimate of a common one.
double mean_residual_variance(const std::vector<NodeFit>& fits);

}  // namespace pauca::dag
