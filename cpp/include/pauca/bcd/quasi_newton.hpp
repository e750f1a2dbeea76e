#pragma once

#include <vector>

#include "pauca/bcd/block_objective.hpp"

namespace pauca::bcd {

/// Limited-memory BFGS for the softmax with lambda_j |b_jk| and a ridge r_j: steps
///
///   D = -H P,   H = the last pairs (S, Y) applied to H0,   H0_jk = gamma / (c_k v_j + r_j)
///
/// with F's gradient of least norm P, the mean curvature c_k of class k and the variance v_j of column j. Pairs are
/// restricted to the entries that are nonzero or violate optimality; the others stay. A step keeps to the orthant it
/// starts in: entries stop at zero (Schmidt, Fung and Rosales 2009; without kinks Nocedal and Wright 2006, algorithm
/// 7.4). An iteration has one product with X and one with X'. Columns count less their means, which keeps the
/// intercepts, the last row of all matrices here, apart from them.
class QuasiNewton {
 public:
  explicit QuasiNewton(const BlockObjective& objective);

  /// Whether loss and penalty are those above, and every entry has one of lambda_j and r_j.
  static bool applies(const BlockProblem& problem);
  /// Iterations that cost as much as a solution by Newton steps.
  double worth_of_newton() const;
  /// Whether the last run ended because, at the pace of its last iterations, Newton steps are the shorter way.
  bool slow() const { return slow_; }
  /// Iterates in the blocks of `working` from s, whose u is up to date, until the violation is `violation` or, where
  /// nothing has a kink, the duality gap `gap`; at most `limit` iterations, of which report counts all but the last.
  /// s.gradient is left out of date. False if nothing moved.
  bool run(BlockState& s, const std::vector<Index>& working, double violation, double gap, Index limit, Report& report,
           Monitor& monitor);

 private:
  void measure(const std::vector<Index>& columns, Monitor& monitor);
  void take(const BlockState& s, std::vector<Index> columns, Monitor& monitor);
  void multiply(const Matrix& d, Matrix& z, Monitor& monitor) const;
  /// The gradient of F without its kinks.
  void slope(const BlockState& s, Matrix& g, Monitor& monitor) const;
  /// Its element of least norm with them, and which entries are free to move; returns the largest.
  double steepest(const Matrix& g);
  double gap() const;
  void direction(Matrix& d) const;
  /// Moves s along d, and returns by how much; empty if F does not get lower.
  Matrix move(BlockState& s, const Matrix& d, Monitor& monitor);
  void remember(Matrix s, Matrix y);

  struct Pair {
    Matrix s, y;
  };
  const BlockObjective& objective_;
  Vector all_means_, all_variances_, all_lambda_, all_ridge_;  // one a column of X, the first two once at work
  bool smooth_ = false, slow_ = false;

  std::vector<Index> columns_;  // at work
  bool whole_ = false;          // all of them
  ColumnPanel panel_;
  Vector means_, lambda_, ridge_;
  Matrix b_, scale_;     // coefficients and intercepts; H0 but for gamma
  Matrix least_, free_;  // what steepest() found
  bool all_free_ = false;
  std::vector<Pair> pairs_;  // in a ring
  std::size_t oldest_ = 0;
  Matrix along_, predictor_, eta_, u_;
  Matrix state_;        // of the Hessian at s, or empty
  double value_ = 0.0;  // f at s
};

}  // namespace pauca::bcd
