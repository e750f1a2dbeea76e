#pragma once

#include <string>

#include "pauca/bcd/graph/forest.hpp"
#include "pauca/core/monitor.hpp"

namespace pauca::bcd::graph {

/// Solves Q X = C, that is minimises tr(X'QX) / 2 - tr(C'X), for a positive definite Q and k right-hand sides.
///
///   red-black      block Gauss-Seidel over the colours of the graph
///   tree           block Gauss-Seidel over its forests, each solved exactly by message passing
///   greedy-forest  the forest grown greedily by the size of the gradient's rows, again every iteration
///   tree-cg, red-black-cg  conjugate gradients preconditioned by one symmetric sweep of `tree`, of `red-black`
///
/// X holds the start and the result. One iteration is one sweep over all blocks (one forest for greedy-forest). Stops
/// at max |Q X - C| <= tol * max |C|. Memory beyond Q: a few n x k matrices.
Report propagate(const SparseSymmetric& q, const Matrix& c, const std::string& method, const Settings& settings,
                 Matrix& x, Monitor& monitor);

}  // namespace pauca::bcd::graph
