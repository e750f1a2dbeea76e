#pragma once

#include <algorithm>
#include <memory>
#include <vector>

#include "pauca/bcd/block_objective.hpp"
#include "pauca/bcd/gram_subproblem.hpp"
#include "pauca/penalty/l1.hpp"

namespace pauca::bcd {

/// Sweeps over the classes of a softmax model with a penalty of entries, lambda_j |b_jk| (+ a ridge).
///
/// With the other classes held, class k is a logistic regression: its quadratic model has row weights s p_k (1 - p_k)
/// and is minimised over the entries that are active or violate optimality, on a Gram of their own; the step is damped
/// until F decreases. A class keeps its Gram until its weights have changed by a tenth. Friedman, Hastie and Tibshirani
/// (2010) go through the classes in the same way.
class ClassSweeps {
 public:
  explicit ClassSweeps(const BlockObjective& objective);

  /// Whether the loss and the penalty are those above.
  static bool applies(const BlockProblem& problem);
  /// One sweep over the blocks of `working`, every model solved to a violation of `target`. False if nothing moved.
  bool run(BlockState& s, const std::vector<Index>& working, double target, Monitor& monitor);
  /// Share of the active entries that the last sweep made or left zero.
  double turnover() const { return static_cast<double>(turned_) / static_cast<double>(std::max<Index>(active_, 1)); }

 private:
  bool move_class(BlockState& s, Index k, const std::vector<Index>& entries, double target, Monitor& monitor);

  const BlockObjective& objective_;
  Vector weights_;  // of the penalty, one a column
  std::unique_ptr<Separable<L1>> penalty_;
  struct Class {
    std::unique_ptr<GramSubproblem<L1>> model;
    Vector h;                      ///< the weights of its Gram
    std::vector<Index> columns;    ///< the columns of its Gram
    std::vector<char> is_present;  ///< one a column of the design
  };
  std::vector<Class> classes_;
  Matrix odds_;    // exp(eta) up to a factor a row
  Vector totals_;  // their sums
  Matrix start_;   // probabilities where the sweep began
  Vector gradient_, coef_, u_, predictor_;
  Index turned_ = 0, active_ = 0;
};

}  // namespace pauca::bcd
