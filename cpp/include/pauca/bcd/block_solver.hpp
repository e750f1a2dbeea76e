#pragma once

#include <memory>
#include <vector>

#include "pauca/bcd/block_newton.hpp"
#include "pauca/bcd/block_objective.hpp"
#include "pauca/bcd/block_sweeps.hpp"
#include "pauca/bcd/class_sweeps.hpp"
#include "pauca/bcd/quasi_newton.hpp"

namespace pauca::bcd {

struct BlockSolution {
  Matrix coef;
  Vector intercept;
  double alpha = 0.0, lambda_max = 0.0, null_objective = 0.0;
  Index support_identified_at = 0;  ///< iteration at which the support last changed
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

  /// F0 and lambda_max; where a cold start begins.
  State null_model(BlockSolution& result, Monitor& monitor);
  bool step(State& s, const std::vector<Index>& working, double target, Monitor& monitor);
  int sweeps_worth_a_newton_step(double columns, double blocks, bool gram) const;
  bool sweep(State& s, const std::vector<Index>& working, double target, Monitor& monitor);
  bool newton(State& s, const std::vector<Index>& working, double forcing, double target, Monitor& monitor);
  void polish(State& s, Monitor& monitor);
  void set_strength(double lambda);
  /// Whether F has no kink, so that Newton steps alone do.
  bool is_smooth() const;
  /// The Gram of the last sweeps, if it is (nearly) that of the loss's curvature.
  const WorkingGram* usable_gram() const;

  BlockProblem problem_;
  BlockObjective objective_;
  BlockNewton newton_;
  std::unique_ptr<QuasiNewton> quasi_;  ///< in place of everything else, where it applies
  Options options_;
  std::unique_ptr<BlockSweeps> sweeps_;
  std::unique_ptr<ClassSweeps> classes_;  ///< in place of those, where they apply
  std::vector<Index> everything_;
  Vector curvature_;
  double ridge_ = 0.0, null_gradient_ = 0.0;
  bool gram_in_use_ = true;
  double rounds_left_ = 1.0;          ///< factors of ten that the figure is away from its tolerance
  double newton_target_ = 0.0;        ///< violation on the support at which Newton steps end
  bool dear_ = false, done_ = false;  ///< whether a Newton step costs many sweeps; whether sweeps reached their target
};

}  // namespace pauca::bcd
