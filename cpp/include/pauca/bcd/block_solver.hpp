#pragma once

#include <memory>
#include <vector>

#include "pauca/bcd/block_sweeps.hpp"
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

struct BlockSolution {
  Matrix coef;
  Vector intercept;
  double alpha = 0.0, lambda_max = 0.0, null_objective = 0.0;
  Report report;
};

/// Greedy block coordinate descent over working sets of blocks: sweeps of exact or proximal block steps on a Gram (or
/// on the residual, where a Gram would be larger than the data), then damped Newton steps on the support.
class BlockSolver {
 public:
  BlockSolver(const BlockProblem& problem, const Options& options);

  BlockSolution solve(const Settings& settings, const Matrix& start, const Vector& start_intercept, Monitor& monitor);

 private:
  struct State {
    Matrix b, eta, u, gradient;
    Vector intercept;
    double objective = 0.0;
  };

  void refresh(State& s) const;
  double objective(const State& s) const;
  double violation(const State& s, Index block) const;
  double worst(const State& s, const std::vector<Index>& scope) const;
  void gradient(State& s, const std::vector<Index>& scope, Monitor& monitor) const;
  double dual_gap(const State& s, const std::vector<Index>& scope) const;
  double dual_limit(const State& s, const std::vector<Index>& scope) const;
  std::vector<Index> working_set(const State& s, const std::vector<Index>& scope) const;
  std::vector<Index> narrow(const State& s) const;
  bool step(State& s, const std::vector<Index>& working, double target, Monitor& monitor);
  bool sweep_phase(State& s, const std::vector<Index>& working, double target, Monitor& monitor);
  bool newton_phase(State& s, const std::vector<Index>& support, double forcing, Monitor& monitor);
  void polish(State& s, Monitor& monitor);
  bool accept_along(State& s, const std::vector<Index>& blocks, const Matrix& target, bool project, bool trust);
  bool is_active(const State& s, Index block) const;

  BlockProblem problem_;
  Options options_;
  std::unique_ptr<BlockSweeps> sweeps_;
  Vector curvature_;
  bool gram_in_use_ = true;
  Index newton_steps_ = 0;
};

}  // namespace pauca::bcd
