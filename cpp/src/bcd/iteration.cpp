#include "pauca/bcd/iteration.hpp"

#include <algorithm>

#include "pauca/bcd/graph/forest.hpp"
#include "pauca/bcd/rules/graph_smooth.hpp"
#include "pauca/bcd/rules/partition.hpp"
#include "pauca/core/thread_clock.hpp"

namespace pauca::bcd {

using namespace rules;

namespace {

constexpr Index refresh_every = 2000;  // updates between fresh computations of the state
constexpr double rounding = 1e-14;

Diagonal diagonal_of(const std::string& name, Diagonal automatic) {
  if (name == "auto") return automatic;
  if (name == "block") return Diagonal::block;
  if (name == "scaled") return Diagonal::scaled;
  if (name == "gershgorin") return Diagonal::gershgorin;
  if (name == "coordinate") return Diagonal::coordinate;
  throw std::invalid_argument("diagonal: no diagonal is called '" + name + "'");
}

std::vector<Block> blocks_of(const Rules& rules, Smooth& f, Rng& rng) {
  if (rules.partition == "variable") return {};
  if (rules.partition == "groups") {
    require(!rules.groups.empty(), "partition: 'groups' needs groups");
    return rules.groups;
  }
  if (rules.partition == "red-black" || rules.partition == "tree") {
    auto* graph = dynamic_cast<GraphSmooth*>(&f);
    require(graph != nullptr, "partition: '" + rules.partition + "' needs a quadratic on a graph");
    return rules.partition == "tree" ? graph::forests(graph->matrix()) : graph::colouring(graph->matrix());
  }
  return make_partition(rules.partition, std::min(rules.block_size, f.size()), f, rng);
}

Run make_run(Smooth& f, const Regularizer& g, const Rules& rules, Monitor& monitor) {
  require(rules.block_size >= 1, "block_size: expected a positive number");
  require(f.size() >= 1, "problem: expected at least one coordinate");
  Run run{f, g, monitor, Rng(rules.seed), std::min(rules.block_size, f.size()), curvature_floor(f), {}};
  for (Block& b : blocks_of(rules, f, run.rng)) run.fixed.emplace_back(f, std::move(b), run.floor);
  require(g.is_separable() || rules.partition == "groups",
          "partition: a group penalty needs its groups as partition ('groups')");
  return run;
}

}  // namespace

Iteration::Iteration(Smooth& f, const Regularizer& g, const Rules& rules, const Vector& start, Monitor& monitor)
    : run_(make_run(f, g, rules, monitor)), guarantee_(rules.guarantee) {
  f.watch(monitor);
  const bool own_curvature = rules.selection == "gsl";
  const bool plain = rules.selection == "gs-q" || rules.selection == "gs-r" || rules.selection == "gsl-r";
  update_ = make_update(rules.update, diagonal_of(rules.diagonal, Diagonal::gershgorin), run_);
  selection_ = make_selection(
      rules.selection,
      diagonal_of(
          own_curvature || !g.is_separable() ? "auto" : rules.diagonal,
          own_curvature || !g.is_separable() ? Diagonal::block : (plain ? Diagonal::coordinate : Diagonal::gershgorin)),
      run_, *update_);
  if (selection_->greedy()) f.keep_gradient();
  epoch_ = run_.variable() ? (f.size() + run_.block_size - 1) / run_.block_size : run_.candidates();
  f.reset(start);
  g_value_ = g.value(start);
  require(std::isfinite(g_value_), "start: does not satisfy the bounds");
}

void Iteration::refresh() {
  run_.f.reset(Vector(run_.f.x()));
  g_value_ = run_.g.value(run_.f.x());
  since_refresh_ = 0;
}

bool Iteration::update() {
  if (++since_refresh_ > std::max(refresh_every, epoch_)) refresh();
  selection_->select(run_, pick_);
  if (!run_.monitor.keep_going()) return false;
  std::unique_ptr<BlockModel> fresh;
  if (pick_.id < 0) fresh = std::make_unique<BlockModel>(run_.f, pick_.coordinates, run_.floor);
  BlockModel& model = fresh ? *fresh : run_.fixed[static_cast<std::size_t>(pick_.id)];
  const Block& b = model.block();
  gather(run_.f.x(), b, x_);
  run_.f.gradient(b, gradient_);

  double t = update_->propose(run_, model, x_, gradient_, d_);
  auto g_change = [&] { return run_.g.is_zero() ? 0.0 : run_.g.change(b, x_, t * d_); };
  if (guarantee_ && !update_->majorises()) {
    const double change = t == 0.0 ? 0.0 : (run_.f.probe(t) - run_.f.value()) + g_change();
    Vector plain;
    run_.g.prox_step(b, x_, gradient_, model.diagonal(Diagonal::block), plain);
    const double promised = model_decrease(run_.g, b, x_, gradient_, plain, model.lipschitz() * plain.squaredNorm());
    if (!(-change >= (1.0 - 1e-10) * promised - rounding * std::abs(objective()))) {
      ++fallbacks_;
      d_ = plain;
      t = 1.0;
      run_.f.aim(b, d_);
    }
  }
  if (!run_.monitor.keep_going()) return false;  // products cut short by the monitor are of no use
  if (t == 0.0 || d_.isZero(0.0)) return true;
  const double change = g_change();
  run_.f.step(t);
  g_value_ += change;
  if (!run_.g.is_zero())
    for (Index i : b) run_.f.correct(i, run_.g.snap(i, run_.f.x()[i]));
  return true;
}

double Iteration::violation() {
  const Vector& gradient = run_.f.gradient();
  double worst = 0.0;
  Vector x, g, s;
  Block one(1);
  for (Index c = 0; c < run_.candidates(); ++c) {
    one[0] = c;
    const Block& b = run_.variable() ? one : run_.fixed[static_cast<std::size_t>(c)].block();
    gather(run_.f.x(), b, x);
    gather(gradient, b, g);
    run_.g.min_subgradient(b, x, g, s);
    worst = std::max(worst, run_.g.is_separable() ? s.cwiseAbs().maxCoeff() : s.norm());
  }
  return worst;
}

BlockRun run(Iteration& iteration, Index updates, double tol, double target, Monitor& monitor) {
  BlockRun result;
  auto note = [&] {
    result.objective.push_back(iteration.objective());
    result.seconds.push_back(monitor.seconds());
    result.processor.push_back(thread_seconds());
  };
  note();
  const Index look = iteration.greedy() ? std::min<Index>(iteration.epoch(), 10) : iteration.epoch();
  for (;; ++result.updates) {
    const double objective = result.objective.back();
    if (objective <= target) result.status = Status::converged;
    if (tol > 0.0 && result.updates % look == 0 && iteration.violation() <= tol) result.status = Status::converged;
    if (result.status == Status::converged || result.updates >= updates) break;
    if (!monitor.next_iteration({result.updates, objective, objective, target}) || !iteration.update()) {
      result.status = monitor.reason();
      break;
    }
    note();
    result.size.push_back(static_cast<Index>(iteration.last().coordinates.size()));
  }
  return result;
}

}  // namespace pauca::bcd
