#pragma once

#include <memory>
#include <string>
#include <vector>

#include "pauca/bcd/rules/selection.hpp"
#include "pauca/core/result.hpp"

namespace pauca::bcd {

/// The three choices of block coordinate descent, by name: see rules/partition.hpp, selection.hpp, update.hpp.
struct Rules {
  std::string partition = "variable";  ///< "variable", "groups", "red-black", "tree" beside the names in partition.hpp
  Index block_size = 1;
  std::string selection = "gs";
  std::string update = "matrix";
  std::string diagonal = "auto";
  bool guarantee = true;  ///< fall back to the gradient update if F decreases less than its model promises
  std::uint64_t seed = 0;
  std::vector<rules::Block> groups;
};

/// Block coordinate descent as in Nutini, Laradji and Schmidt: choose a block, update it, nothing else.
///
///   F(x) = f(x) + g(x);   repeat  b <- selection(partition),  x_b <- update(x_b)
///
/// Updates without a majoriser (Newton, two-metric, coordinate-wise steps on larger blocks) are accepted only if F
/// decreases by what the gradient update's model promises, m_b = -[G'd + L_b ||d||^2 / 2 + g(x_b + d) - g(x_b)]; if
/// not, the gradient update is made.
class Iteration {
 public:
  Iteration(rules::Smooth& f, const rules::Regularizer& g, const Rules& rules, const Vector& start, Monitor& monitor);

  /// One block; false if the monitor stopped it half-way.
  bool update();
  double objective() const { return run_.f.value() + g_value_; }
  /// Largest distance of the negative gradient to the subdifferential, over blocks of the partition or coordinates.
  double violation();
  const Vector& x() const { return run_.f.x(); }
  const rules::Pick& last() const { return pick_; }
  bool greedy() const { return selection_->greedy(); }
  /// Updates in an epoch: the blocks, or p / block_size.
  Index epoch() const { return epoch_; }
  Index fallbacks() const { return fallbacks_; }

 private:
  void refresh();

  rules::Run run_;
  std::unique_ptr<rules::Update> update_;
  std::unique_ptr<rules::Selection> selection_;
  bool guarantee_;
  double g_value_ = 0.0;
  Index epoch_ = 1, since_refresh_ = 0, fallbacks_ = 0;
  rules::Pick pick_;
  Vector x_, gradient_, d_;
};

/// What a plain run of block updates leaves.
struct BlockRun {
  Status status = Status::max_iter;
  Index updates = 0;
  std::vector<double> objective;  ///< at the start and after every update
  std::vector<double> seconds;    ///< since the start, likewise
  std::vector<double> processor;  ///< thread_seconds(), likewise
  std::vector<Index> size;        ///< of the block of every update
};

/// Makes up to `updates` block updates, fewer if F <= target, or if tol > 0 and the violation is at most tol (looked
/// at once an epoch, every ten updates under a greedy rule).
BlockRun run(Iteration& iteration, Index updates, double tol, double target, Monitor& monitor);

}  // namespace pauca::bcd
