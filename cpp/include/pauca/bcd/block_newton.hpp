#pragma once

#include <memory>
#include <vector>

#include "pauca/bcd/block_objective.hpp"
#include "pauca/bcd/newton_system.hpp"

namespace pauca::bcd {

/// Newton steps on the smooth entries of a support: conjugate gradients with the exact Hessian, preconditioned by a
/// NewtonSystem, which ends them at once where it is exact. The factorisation is kept for the next steps until they
/// take too many.
class BlockNewton {
 public:
  explicit BlockNewton(const BlockObjective& objective) : objective_(objective), model_(objective.problem().design) {}

  /// One damped step to a residual of `forcing` times the first; false if nothing moved, or if no entry's residual
  /// exceeds `target`. gram: of the working set with (nearly) the loss's curvature, or null.
  bool step(BlockState& s, const std::vector<Index>& support, const WorkingGram* gram, double forcing, double target,
            Monitor& monitor);
  Index steps() const { return steps_; }

 private:
  void build(const BlockState& s, const std::vector<Index>& support, Monitor& monitor);
  void residual(const BlockState& s, Matrix& r) const;
  void apply(const Matrix& in, Matrix& out) const;
  bool is_rounding(const Matrix& d) const;
  bool direction(const Matrix& r, const WorkingGram* gram, double forcing, Matrix& d, Monitor& monitor);
  /// False if `limit` steps were too few.
  bool conjugate_gradients(const Matrix& r, double forcing, int limit, Matrix& d, Monitor& monitor) const;

  const BlockObjective& objective_;
  SupportModel model_;
  std::unique_ptr<NewtonSystem> system_;
  mutable Matrix predictor_;
  Index steps_ = 0;
};

}  // namespace pauca::bcd
