#pragma once

#include <memory>
#include <vector>

#include "pauca/bcd/block_newton.hpp"
#include "pauca/bcd/block_objective.hpp"
#include "pauca/bcd/block_sweeps.hpp"

namespace pauca::bcd {

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
  using State = BlockState;

  /// F0 and lambda_max.
  void null_model(BlockSolution& result, Monitor& monitor);
  bool step(State& s, const std::vector<Index>& working, double target, Monitor& monitor);
  bool sweep(State& s, const std::vector<Index>& working, double target, Monitor& monitor);
  bool newton(State& s, const std::vector<Index>& working, double forcing, Monitor& monitor);
  void polish(State& s, Monitor& monitor);
  void set_strength(double lambda);
  /// Whether F has no kink, so that Newton steps alone do.
  bool is_smooth() const;
  /// The Gram of the last sweeps, if it is (nearly) that of the loss's curvature.
  const WorkingGram* usable_gram() const;

  BlockProblem problem_;
  BlockObjective objective_;
  BlockNewton newton_;
  Options options_;
  std::unique_ptr<BlockSweeps> sweeps_;
  std::vector<Index> everything_;
  Vector curvature_;
  double ridge_ = 0.0;
  bool gram_in_use_ = true;
};

}  // namespace pauca::bcd
