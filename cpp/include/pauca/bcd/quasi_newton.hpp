#pragma once

#include <vector>

#include "pauca/bcd/block_objective.hpp"

namespace pauca::bcd {

/// Limited-memory BFGS (Nocedal and Wright 2006, algorithm 7.4) for a pure ridge, where there is no support to find:
///
///   D = -H G,   H = the last pairs (S, Y) applied to H0,   H0_jk = gamma / (c_k v_j + r_j)
///
/// with the mean curvature c_k of class k, the variance v_j of column j and its ridge r_j. An iteration has one product
/// with X and one with X': predictors are linear in the step, so the line search has none. Columns count less their
/// means, which keeps the intercepts apart from them.
class QuasiNewton {
 public:
  explicit QuasiNewton(const BlockObjective& objective) : objective_(objective) {}

  /// Whether F is smooth, strongly convex and without a cheap exact Hessian.
  static bool applies(const BlockProblem& problem);
  /// Iterates from s, whose u and gradient are up to date, until the duality gap is about `level`, or `limit`
  /// iterations, of which report counts all but the last. False if nothing moved.
  bool run(BlockState& s, double level, Index limit, Report& report, Monitor& monitor);

 private:
  void prepare(const BlockState& s);
  /// F's gradient in B and, as last row, in the intercepts.
  void slope(const BlockState& s, Matrix& g) const;
  /// The duality gap that belongs to a gradient.
  double gap(const Matrix& g) const;
  void direction(const Matrix& g, Matrix& d);
  /// Moves s along d and returns how far, 0 if it does not get lower. first: the first length to try, 0 for the
  /// minimiser of the second-order model.
  double line_search(BlockState& s, const Matrix& g, const Matrix& d, double first, Monitor& monitor);
  void remember(Matrix s, Matrix y);

  struct Pair {
    Matrix s, y;
    double sy = 0.0;
  };
  const BlockObjective& objective_;
  Vector means_, variances_, ridge_;
  Matrix scale_;  // H0 but for gamma
  std::vector<Pair> pairs_;
  std::size_t oldest_ = 0;
  Matrix predictor_, eta_, u_;
  double smooth_ = 0.0;  // f at s
};

}  // namespace pauca::bcd
