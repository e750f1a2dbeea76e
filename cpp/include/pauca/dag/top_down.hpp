#pragma once

#include <vector>

#include "pauca/core/monitor.hpp"
#include "pauca/dag/node_score.hpp"

namespace pauca::dag {

/// Order by least conditional variance: again and again the node with the smallest residual variance given all nodes
/// taken so far comes next (Chen, Drton & Wang 2019; consistent for equal variances). Householder reflections of the
/// factor, so that no digits are lost where variances grow along the order.
std::vector<int> top_down_order(const Matrix& centered_factor, const Constraints& constraints, Monitor& monitor);

/// The same with residuals given selected parents only: for fewer samples than conditional variances need.
std::vector<int> sparse_top_down_order(NodeScore& score, Monitor& monitor);

/// Nodes by marginal variance, as far as the constraints allow.
std::vector<int> variance_order(const Vector& variance, const Constraints& constraints);

}  // namespace pauca::dag
