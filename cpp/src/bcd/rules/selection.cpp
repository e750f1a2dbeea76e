#include "pauca/bcd/rules/selection.hpp"

#include <algorithm>

#include "pauca/bcd/graph/forest.hpp"
#include "pauca/bcd/rules/graph_smooth.hpp"
#include "pauca/bcd/rules/scores.hpp"
#include "pauca/core/order.hpp"

namespace pauca::bcd::rules {

namespace {

void take(Run& run, Pick& pick, Index id) {
  pick.id = id;
  pick.coordinates = run.fixed[static_cast<std::size_t>(id)].block();
}

class Cyclic final : public Selection {
 public:
  bool greedy() const override { return false; }
  void select(Run& run, Pick& pick) override {
    const Index n = run.candidates();
    if (!run.variable()) return take(run, pick, next_++ % n);
    pick = {};
    for (Index k = 0; k < run.block_size; ++k) pick.coordinates.push_back(next_++ % n);
    std::sort(pick.coordinates.begin(), pick.coordinates.end());
  }

 private:
  Index next_ = 0;
};

class Permutation final : public Selection {
 public:
  bool greedy() const override { return false; }
  void select(Run& run, Pick& pick) override {
    if (next_ >= order_.size()) {
      order_ = everything(run.candidates());
      shuffle(order_, run.rng);
      next_ = 0;
    }
    if (!run.variable()) return take(run, pick, order_[next_++]);
    pick = {};
    for (Index k = 0; k < run.block_size && next_ < order_.size(); ++k) pick.coordinates.push_back(order_[next_++]);
    std::sort(pick.coordinates.begin(), pick.coordinates.end());
  }

 private:
  Block order_;
  std::size_t next_ = 0;
};

class Uniform final : public Selection {
 public:
  bool greedy() const override { return false; }
  void select(Run& run, Pick& pick) override {
    const Index n = run.candidates();
    if (!run.variable()) return take(run, pick, run.rng.below(n));
    if (order_.empty()) order_ = everything(n);
    for (Index k = 0; k < run.block_size; ++k) std::swap(order_[k], order_[k + run.rng.below(n - k)]);
    pick = {};
    pick.coordinates.assign(order_.begin(), order_.begin() + run.block_size);
    std::sort(pick.coordinates.begin(), pick.coordinates.end());
  }

 private:
  Block order_;
};

/// Without replacement: the smallest of exponential clocks with rates L_i.
class LipschitzSampling final : public Selection {
 public:
  bool greedy() const override { return false; }
  void select(Run& run, Pick& pick) override {
    const Index n = run.candidates();
    if (!run.variable()) {
      if (!total_.size()) {
        total_.resize(n);
        double sum = 0.0;
        for (Index k = 0; k < n; ++k) total_[k] = sum += run.fixed[static_cast<std::size_t>(k)].lipschitz();
      }
      const double u = run.rng.uniform() * total_[n - 1];
      const auto at = std::upper_bound(total_.data(), total_.data() + n, u) - total_.data();
      return take(run, pick, std::min<Index>(at, n - 1));
    }
    clock_.resize(n);
    for (Index i = 0; i < n; ++i)
      clock_[i] = std::log(1.0 - run.rng.uniform()) / std::max(run.f.lipschitz()[i], run.floor);
    pick = {};
    largest(clock_, run.block_size, pick.coordinates);
  }

 private:
  Vector total_, clock_;
};

/// The best candidates by score. Where f says which gradients a step changed, scores live in a heap and only theirs are
/// renewed.
class Greedy final : public Selection {
 public:
  explicit Greedy(std::unique_ptr<Score> score) : score_(std::move(score)) {}
  void select(Run& run, Pick& pick) override {
    const Block* changed = heaped_ && score_->local() ? run.f.changed() : nullptr;
    run.f.gradient();
    const Index n = run.candidates();
    if (changed != nullptr) {
      for (Index i : *changed) {
        const Index c = run.variable() ? i : block_of_[i];
        if (seen_[c] == stamp_) continue;
        seen_[c] = stamp_;
        heap_.update(c, (*score_)(run, c));
      }
      ++stamp_;
    } else {
      values_.resize(n);
      for (Index c = 0; c < n && run.monitor.keep_going(); ++c) values_[c] = (*score_)(run, c);
      heaped_ = score_->local() && run.f.changed() != nullptr;
      if (heaped_) start_heap(run);
    }
    if (!run.variable()) {
      Index best = 0;
      if (heaped_)
        best = heap_.top();
      else
        values_.maxCoeff(&best);
      return take(run, pick, best);
    }
    pick = {};
    if (heaped_) {
      heap_.best(run.block_size, pick.coordinates);
      std::sort(pick.coordinates.begin(), pick.coordinates.end());
    } else {
      largest(values_, run.block_size, pick.coordinates);
    }
  }

 private:
  void start_heap(const Run& run) {
    heap_.build(values_);
    seen_.assign(run.candidates(), 0);
    stamp_ = 1;
    if (run.variable()) return;
    block_of_.assign(run.f.size(), 0);
    for (std::size_t k = 0; k < run.fixed.size(); ++k)
      for (Index i : run.fixed[k].block()) block_of_[i] = static_cast<Index>(k);
  }

  std::unique_ptr<Score> score_;
  Vector values_;
  IndexedMaxHeap heap_;
  bool heaped_ = false;
  std::vector<Index> block_of_;
  std::vector<long> seen_;
  long stamp_ = 1;
};

/// d_0: the coordinates of largest G_i^2 / L_i, -G_i / L_i there; ten steps d <- T(d - (G + H d) / lambda_max(H)),
/// where T keeps the largest entries. A thousandth is added to the eigenvalue, which is computed to six digits.
class HardThresholding final : public Selection {
 public:
  void select(Run& run, Pick& pick) override {
    const Vector& gradient = run.f.gradient();
    if (top_ == 0.0) top_ = std::max(largest_eigenvalue(run.f, run.monitor), run.floor);
    const Vector l = run.f.lipschitz().cwiseMax(run.floor);
    Block support, last;
    Vector d = Vector::Zero(gradient.size()), hd, on;
    largest((gradient.array().square() / l.array()).matrix(), run.block_size, support);
    for (Index i : support) d[i] = -gradient[i] / l[i];
    for (int k = 0; k < 10 && run.monitor.keep_going(); ++k) {
      gather(d, support, on);
      run.f.bound_times(support, on, hd);
      hd = d - (gradient + hd) / top_;
      largest(hd.cwiseAbs(), run.block_size, support);
      Vector next = Vector::Zero(d.size());
      for (Index i : support) next[i] = hd[i];
      const double moved = (next - d).norm();
      d.swap(next);
      if (moved < 1e-10) break;
    }
    pick = {-1, support};
  }

 private:
  double top_ = 0.0;
};

/// A partial Cholesky factorization of H, pivoted by the gain r_i^2 / (2 s_i).
class Improvement final : public Selection {
 public:
  void select(Run& run, Pick& pick) override {
    const Index n = run.f.size();
    Vector r = run.f.gradient(), s = run.f.lipschitz(), column;
    Matrix factor(n, run.block_size), h;
    const Block all = everything(n);
    std::vector<char> taken(n, 0);
    pick = {};
    for (Index k = 0; k < run.block_size; ++k) {
      Index best = -1;
      double gain = 0.0;
      for (Index i = 0; i < n; ++i) {
        if (taken[i]) continue;
        const double score = s[i] > run.floor ? r[i] * r[i] / s[i] : 0.0;
        if (best < 0 || exceeds(score, gain)) gain = score, best = i;  // one there is, were they all NaN
      }
      taken[best] = 1;
      pick.coordinates.push_back(best);
      factor.col(k).setZero();
      if (s[best] <= run.floor) continue;
      run.f.bound(all, {best}, h);
      column = h.col(0);
      column.noalias() -= factor.leftCols(k) * factor.row(best).head(k).transpose();
      factor.col(k) = column / std::sqrt(s[best]);
      s.array() -= factor.col(k).array().square();
      r -= (r[best] / factor(best, k)) * factor.col(k);
    }
    std::sort(pick.coordinates.begin(), pick.coordinates.end());
  }
};

class GreedyForest final : public Selection {
 public:
  enum class Order { gradient, scaled, random };
  explicit GreedyForest(Order order) : order_(order) {}
  bool greedy() const override { return order_ != Order::random; }
  void select(Run& run, Pick& pick) override {
    Block order = everything(run.f.size());
    if (order_ == Order::random) {
      shuffle(order, run.rng);
    } else {
      Vector score = run.f.gradient().cwiseAbs();
      if (order_ == Order::scaled) score.array() /= run.f.lipschitz().cwiseMax(run.floor).array().sqrt();
      std::stable_sort(order.begin(), order.end(), [&](Index a, Index b) { return exceeds(score[a], score[b]); });
    }
    pick = {-1, graph::greedy_forest(dynamic_cast<GraphSmooth&>(run.f).matrix(), order)};
  }

 private:
  Order order_;
};

}  // namespace

std::unique_ptr<Selection> make_selection(const std::string& name, Diagonal diagonal, Run& run, Update& update) {
  if (name == "cyclic") return std::make_unique<Cyclic>();
  if (name == "permutation") return std::make_unique<Permutation>();
  if (name == "random") return std::make_unique<Uniform>();
  if (name == "lipschitz") return std::make_unique<LipschitzSampling>();
  if (name.rfind("forest-", 0) == 0) {
    require(dynamic_cast<GraphSmooth*>(&run.f) != nullptr, "selection: '" + name + "' needs a quadratic on a graph");
    require(run.variable(), "selection: '" + name + "' makes blocks of its own; use partition 'variable'");
    const std::string rest = name.substr(7);
    if (rest == "gs") return std::make_unique<GreedyForest>(GreedyForest::Order::gradient);
    if (rest == "gsl") return std::make_unique<GreedyForest>(GreedyForest::Order::scaled);
    if (rest == "random") return std::make_unique<GreedyForest>(GreedyForest::Order::random);
  }
  if (run.variable()) {
    require(run.g.is_separable(), "selection: a group penalty needs its groups as partition, not variable blocks");
    if (name == "gsq") {
      require(run.g.is_zero(), "selection: 'gsq' with variable blocks needs a smooth problem; use 'gs-q'");
      return std::make_unique<HardThresholding>();
    }
    if (name == "max-improvement") {
      require(
          run.f.is_quadratic() && run.g.is_zero(),
          "selection: 'max-improvement' with variable blocks needs a quadratic problem without penalty; use 'gs-q'");
      return std::make_unique<Improvement>();
    }
  }
  if (name == "max-improvement")
    require(run.f.is_quadratic() && update.is_direct(),
            "selection: 'max-improvement' needs a quadratic problem and an update without line search");
  if (name == "cubic")
    require(run.g.is_zero() && std::isfinite(run.f.third_bound({0})),
            "selection: 'cubic' needs a smooth problem with a bounded third derivative");
  return std::make_unique<Greedy>(make_score(name, diagonal, run, update));
}

}  // namespace pauca::bcd::rules
