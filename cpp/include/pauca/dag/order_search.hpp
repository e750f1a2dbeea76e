#pragma once

#include <vector>

#include "pauca/core/monitor.hpp"
#include "pauca/core/rng.hpp"
#include "pauca/dag/node_score.hpp"

namespace pauca::dag {

struct OrderSearchOptions {
  int n_restarts = 0;      ///< perturbed restarts from the best order so far
  int patience = 1 << 30;  ///< restarts without gain after which the search ends
  Index max_passes = 100;  ///< from each start
  bool move = true;        ///< false: only fit the nodes in the given order
  std::uint64_t seed = 0;
};

struct OrderSolution {
  std::vector<int> order;
  std::vector<NodeFit> fits;
  double objective = 0.0;
};

/// Local search over topological orders: each node in turn slides left and right by adjacent transpositions and stays
/// where the score is least. A transposition concerns its two nodes alone, and a node is refitted only if it loses a
/// parent, or if the newcomer would enter its regression, which a table kept for every fitted node tells at once.
class OrderSearch {
 public:
  OrderSearch(NodeScore& score, Monitor& monitor, const OrderSearchOptions& options);

  /// From every start, then perturbed from the best; the objective after each pass goes to `path`.
  OrderSolution run(const std::vector<std::vector<int>>& starts, std::vector<double>& path);
  bool finished() const { return finished_; }
  Index passes() const { return passes_; }

 private:
  struct Change {
    int node;
    Index at;  ///< position from which on it counts
    NodeFit fit;
  };

  void fit_all();
  void refit_from_scratch();
  void improve();
  bool pass();
  bool slide(int node);
  double scan_left(int node, Index& best_position);
  double scan_right(int node, Index& best_position);
  void move(int node, Index to);
  void accept(int node, NodeFit& fit);
  void set_prefix(Index end);
  /// A few random moves, or so many that little of the order is left.
  void perturb(bool thoroughly);
  OrderSolution snapshot() const;
  void restore(const OrderSolution& solution);
  std::vector<double>* path_ = nullptr;

  NodeScore& score_;
  const Constraints& constraints_;
  Monitor& monitor_;
  OrderSearchOptions options_;
  Rng rng_;
  Index d_, p_;
  std::vector<int> order_;
  std::vector<Index> position_;
  std::vector<NodeFit> fits_;
  std::vector<std::uint8_t> enters_;  ///< d x p
  NodeScore::Mask mask_;
  std::vector<Change> changes_, best_changes_;
  NodeFit moving_, best_moving_, trial_;
  Index passes_ = 0;
  bool finished_ = true;
};

}  // namespace pauca::dag
