#pragma once

#include <vector>

#include "pauca/bcd/column_panel.hpp"
#include "pauca/bcd/problem.hpp"
#include "pauca/loss/matrix_loss.hpp"
#include "pauca/penalty/block_penalty.hpp"

namespace pauca::bcd {

/// minimise  F(B, b) = f(offset + 1 b' + X B) + sum over blocks of g_b(B_b)
///
/// with B (p, T): group lasso (T = 1), several tasks, several classes. A block is a set of rows of B.
struct BlockProblem {
  const Design& design;
  const MatrixLoss& loss;
  BlockPenalty& penalty;
  std::vector<std::vector<Index>> blocks;  ///< columns of X in each block; disjoint, together all
  Strength strength;
  bool fit_intercept = true;
  const Matrix* offset = nullptr;
};

/// A point, its predictors eta, f's gradient u in them and `gradient` = X'u.
struct BlockState {
  Matrix b, eta, u, gradient;
  Vector intercept;
  double objective = 0.0;
};

/// A change D of the rows `columns` of B and of the intercepts, and the change of the predictors that goes with it.
struct BlockMove {
  std::vector<Index> columns;
  Matrix d;
  Vector means;      ///< the intercepts follow by -means' D, which keeps predictors centred
  Vector intercept;  ///< what they change beyond that
};

/// F, its optimality conditions and its duality gap on a scope of blocks.
class BlockObjective {
 public:
  explicit BlockObjective(const BlockProblem& problem) : problem_(problem) {}

  const BlockProblem& problem() const { return problem_; }
  Index count() const { return static_cast<Index>(problem_.blocks.size()); }
  bool is_active(const BlockState& s, Index block) const;
  std::vector<Index> active(const BlockState& s, const std::vector<Index>& scope) const;

  /// Zero coefficients, or those given.
  BlockState start(const Matrix& coef, const Vector& intercept, Monitor& monitor) const;
  /// Predictors from the coefficients; true if those at hand, a sum of steps, were off.
  bool recompute(BlockState& s) const;
  /// Exact intercepts, u and the objective.
  void refresh(BlockState& s) const;
  double value(const BlockState& s) const;
  /// Rows of the gradient that belong to the scope.
  void gradient(BlockState& s, const std::vector<Index>& scope, Monitor& monitor) const;
  double violation(const BlockState& s, Index block) const;
  double worst(const BlockState& s, const std::vector<Index>& scope) const;
  /// Largest a with a u dual feasible.
  double dual_limit(const BlockState& s, const std::vector<Index>& scope) const;
  double dual_gap(const BlockState& s, const std::vector<Index>& scope) const;

  /// Active blocks and the worst violators: half as many, at least `growth`, all of them where nothing has a kink.
  std::vector<Index> working_set(const BlockState& s, const std::vector<Index>& scope, std::size_t growth = 20) const;
  /// Active blocks and those near their limit; everything if that is most of them.
  std::vector<Index> narrow(const BlockState& s) const;

  /// Halves the move until F does not increase; false, and nothing moved, if it does so to the end. project: entries
  /// stop at zero where they would change sign. trust: whatever F says.
  bool move(BlockState& s, const BlockMove& by, const ColumnPanel* panel, bool project, bool trust,
            Monitor& monitor) const;

 private:
  const BlockProblem& problem_;
};

/// Rows of a (p, T) matrix, side by side.
inline void gather_rows(const Matrix& from, const std::vector<Index>& rows, Matrix& to) {
  to.resize(static_cast<Index>(rows.size()), from.cols());
  for (Index t = 0; t < to.cols(); ++t)
    for (Index i = 0; i < to.rows(); ++i) to(i, t) = from(rows[static_cast<std::size_t>(i)], t);
}

}  // namespace pauca::bcd
