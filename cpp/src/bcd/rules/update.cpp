#include "pauca/bcd/rules/update.hpp"

#include <algorithm>
#include <map>

#include "pauca/bcd/graph/forest.hpp"
#include "pauca/bcd/rules/graph_smooth.hpp"

namespace pauca::bcd::rules {

namespace {

constexpr double armijo = 1e-4;     // share of the promised decrease a line search asks for
constexpr double rounding = 1e-14;  // what F's own arithmetic may hide, relative

class Gradient final : public Update {
 public:
  void direction(Run& run, BlockModel& model, const Vector& x, const Vector& gradient, Vector& d) override {
    run.g.prox_step(model.block(), x, gradient, model.diagonal(Diagonal::block), d);
  }
};

class DiagonalUpdate final : public Update {
 public:
  explicit DiagonalUpdate(Diagonal kind) : kind_(kind) {}
  bool majorises() const override { return kind_ != Diagonal::coordinate; }
  void direction(Run& run, BlockModel& model, const Vector& x, const Vector& gradient, Vector& d) override {
    run.g.prox_step(model.block(), x, gradient, model.diagonal(kind_), d);
  }

 private:
  Diagonal kind_;
};

class MatrixUpdate final : public Update {
 public:
  void direction(Run& run, BlockModel& model, const Vector& x, const Vector& gradient, Vector& d) override {
    minimise_model(run.g, model.block(), x, gradient, model.bound(), d);
  }
};

/// Newton, and prox-Newton where g is there: t from 1 by safeguarded quadratic interpolation until
/// F(x + t d) <= F(x) + 1e-4 t (G'd + g(x + d) - g(x)).
class Newton final : public Update {
 public:
  bool majorises() const override { return false; }
  bool is_direct() const override { return false; }
  void direction(Run& run, BlockModel& model, const Vector& x, const Vector& gradient, Vector& d) override {
    run.f.hessian(model.block(), hessian_);
    Metric metric(std::move(hessian_));
    minimise_model(run.g, model.block(), x, gradient, metric, d);
  }
  double propose(Run& run, BlockModel& model, const Vector& x, const Vector& gradient, Vector& d) override {
    direction(run, model, x, gradient, d);
    run.f.aim(model.block(), d);
    const double full = run.g.is_zero() ? 0.0 : run.g.change(model.block(), x, d);
    const double slope = gradient.dot(d) + full, start = run.f.value();
    if (!(slope < 0.0)) return 0.0;
    double t = 1.0;
    for (int trial = 0; trial < 40; ++trial) {
      const double change = (run.f.probe(t) - start) + (run.g.is_zero() ? 0.0 : run.g.change(model.block(), x, t * d));
      if (change <= armijo * t * slope + rounding * std::abs(start)) return t;
      const double best = -0.5 * slope * t * t / (change - slope * t);
      t = std::isfinite(best) ? std::min(std::max(best, 0.1 * t), 0.5 * t) : 0.1 * t;
    }
    return 0.0;
  }

 private:
  Matrix hessian_;
};

class Cubic final : public Update {
 public:
  bool is_direct() const override { return false; }
  void direction(Run& run, BlockModel& model, const Vector&, const Vector& gradient, Vector& d) override {
    Matrix h;
    run.f.hessian(model.block(), h);
    Metric metric(std::move(h));
    minimise_cubic(gradient, metric, run.f.third_bound(model.block()), d);
  }
};

/// The estimate of a block is the largest of its coordinates', which start at L_i and only grow.
class Backtracking final : public Update {
 public:
  explicit Backtracking(const Run& run) : estimate_(run.f.lipschitz().cwiseMax(run.floor)) {}
  bool is_direct() const override { return false; }
  void direction(Run& run, BlockModel& model, const Vector& x, const Vector& gradient, Vector& d) override {
    propose(run, model, x, gradient, d);
  }
  double propose(Run& run, BlockModel& model, const Vector& x, const Vector& gradient, Vector& d) override {
    double l = 0.0;
    for (Index i : model.block()) l = std::max(l, estimate_[i]);
    const double start = run.f.value();
    for (int trial = 0; trial < 80; ++trial, l *= 2.0) {
      run.g.prox_step(model.block(), x, gradient, Vector::Constant(x.size(), l), d);
      run.f.aim(model.block(), d);
      if (run.f.probe(1.0) <= start + gradient.dot(d) + 0.5 * l * d.squaredNorm() + rounding * std::abs(start)) break;
    }
    for (Index i : model.block()) estimate_[i] = l;
    return 1.0;
  }

 private:
  Vector estimate_;
};

/// Each coordinate keeps to an interval on which g is linear: the bounds, cut at zero by the orthant of L1. With
/// q = G + lambda xi, those at an end of it that q pushes outwards take -q / sum L_i, the others a Newton step; the
/// path x(t) = P(x + t d) is searched until F decreases by 1e-4 (t q_F'd_F + q_A'(x_A(t) - x_A)).
class TwoMetric final : public Update {
 public:
  bool majorises() const override { return false; }
  bool is_direct() const override { return false; }
  void direction(Run& run, BlockModel& model, const Vector& x, const Vector& gradient, Vector& d) override {
    propose(run, model, x, gradient, d);
  }
  double propose(Run& run, BlockModel& model, const Vector& x, const Vector& gradient, Vector& d) override {
    const auto& g = dynamic_cast<const L1Box&>(run.g);
    const Block& b = model.block();
    const Index n = x.size();
    Vector q(n), low(n), high(n);
    double total = 0.0;
    for (Index k = 0; k < n; ++k) {
      const Index i = b[static_cast<std::size_t>(k)];
      const double l = g.lambda(i);
      low[k] = g.lower(i);
      high[k] = g.upper(i);
      double sign = 0.0;
      if (l > 0.0) {
        sign = x[k] > 0.0 ? 1.0 : (x[k] < 0.0 ? -1.0 : (gradient[k] + l < 0.0 ? 1.0 : (gradient[k] > l ? -1.0 : 0.0)));
        if (sign >= 0.0) low[k] = std::max(low[k], 0.0);
        if (sign <= 0.0) high[k] = std::min(high[k], 0.0);
      }
      q[k] = gradient[k] + l * sign;
      total += run.f.lipschitz()[i];
    }
    total = std::max(total, run.floor);
    auto project = [&](Index k, double v) { return std::min(std::max(v, low[k]), high[k]); };
    double reach = 0.0;
    for (Index k = 0; k < n; ++k) {
      const double move = x[k] - project(k, x[k] - q[k] / total);
      reach += move * move;
    }
    const double near = std::min(1e-4, std::sqrt(reach));
    std::vector<Index> free, held;
    for (Index k = 0; k < n; ++k) {
      const bool pushed = (x[k] <= low[k] + near && q[k] > 0.0) || (x[k] >= high[k] - near && q[k] < 0.0);
      (pushed || low[k] == high[k] ? held : free).push_back(k);
    }
    Vector full = -q / total;
    if (!free.empty()) {
      Block coordinates;
      Vector right(static_cast<Index>(free.size())), newton;
      for (std::size_t a = 0; a < free.size(); ++a) {
        coordinates.push_back(b[static_cast<std::size_t>(free[a])]);
        right[static_cast<Index>(a)] = -q[free[a]];
      }
      Matrix h;
      run.f.hessian(coordinates, h);
      Metric(std::move(h)).solve(right, newton);
      for (std::size_t a = 0; a < free.size(); ++a) full[free[a]] = newton[static_cast<Index>(a)];
    }
    double slope = 0.0;
    for (Index k : free) slope += q[k] * full[k];
    const double start = run.f.value();
    double t = 1.0;
    d.resize(n);
    for (int trial = 0; trial < 40; ++trial, t *= 0.5) {
      for (Index k = 0; k < n; ++k) d[k] = project(k, x[k] + t * full[k]) - x[k];
      double promised = t * slope;
      for (Index k : held) promised += q[k] * d[k];
      run.f.aim(b, d);
      const double change = (run.f.probe(1.0) - start) + (g.is_zero() ? 0.0 : g.change(b, x, d));
      if (change <= armijo * promised + rounding * std::abs(start)) return 1.0;
    }
    return 0.0;
  }
};

/// Factors of fixed blocks are kept.
class MessagePassing final : public Update {
 public:
  void direction(Run& run, BlockModel& model, const Vector&, const Vector& gradient, Vector& d) override {
    const graph::SparseSymmetric& q = dynamic_cast<GraphSmooth&>(run.f).matrix();
    if (run.variable()) kept_.clear();
    auto [found, fresh] = kept_.try_emplace(run.variable() ? nullptr : &model);
    if (fresh) found->second = std::make_unique<graph::ForestFactor>(q, model.block(), place_);
    const graph::ForestFactor& factor = *found->second;
    if (at_.size() < static_cast<std::size_t>(q.size())) at_.resize(q.size());
    for (std::size_t k = 0; k < model.block().size(); ++k) at_[model.block()[k]] = static_cast<Index>(k);
    h_.resize(model.size());
    for (Index t = 0; t < h_.size(); ++t) h_[t] = -gradient[at_[factor.nodes()[t]]];
    factor.solve(h_.data());
    d.resize(model.size());
    for (Index t = 0; t < h_.size(); ++t) d[at_[factor.nodes()[t]]] = h_[t];
  }

 private:
  std::map<const BlockModel*, std::unique_ptr<graph::ForestFactor>> kept_;
  std::vector<Index> place_, at_;
  Vector h_;
};

}  // namespace

void minimise_cubic(const Vector& gradient, Metric& b, double third, Vector& d) {
  const Vector& bend = b.eigenvalues();
  const Vector q = b.eigenvectors().transpose() * gradient;
  double v = 0.0;
  if (third > 0.0 && gradient.squaredNorm() > 0.0) {
    // ||(B + v)^-1 q|| falls from its value at 0, 2 v / M rises: bracket, then bisection with Newton steps inside.
    auto norm = [&](double at) { return (q.array() / (bend.array() + at)).matrix().norm(); };
    double low = 0.0, high = 0.5 * third * norm(0.0);
    v = high;
    for (int k = 0; k < 200 && high - low > 1e-15 * high; ++k) {
      const double size = norm(v), value = size - 2.0 * v / third;
      (value > 0.0 ? low : high) = v;
      const double slope =
          -(q.array().square() / (bend.array() + v).cube()).sum() / std::max(size, 1e-300) - 2.0 / third;
      double next = v - value / slope;
      if (!(next > low && next < high)) next = 0.5 * (low + high);
      if (std::abs(next - v) <= 1e-16 * v) break;
      v = next;
    }
  }
  const Vector scaled = (-q.array() / (bend.array() + v)).matrix();
  d = b.eigenvectors() * scaled;
}

std::unique_ptr<Update> make_update(const std::string& name, Diagonal diagonal, const Run& run) {
  const bool separable = run.g.is_separable(), zero = run.g.is_zero();
  if (name == "gradient") return std::make_unique<Gradient>();
  if (name == "diagonal") return std::make_unique<DiagonalUpdate>(diagonal);
  if (name == "matrix") return std::make_unique<MatrixUpdate>();
  if (name == "prox-newton") return std::make_unique<Newton>();
  if (name == "backtracking") return std::make_unique<Backtracking>(run);
  if (name == "newton") {
    require(zero,
            "update: 'newton' needs a smooth problem; with a penalty or bounds use 'prox-newton' or 'two-metric'");
    return std::make_unique<Newton>();
  }
  if (name == "cubic") {
    require(zero, "update: 'cubic' needs a smooth problem; with a penalty or bounds use 'prox-newton'");
    require(std::isfinite(run.f.third_bound({0})),
            "update: 'cubic' needs a bounded third derivative: quadratic, logistic or softmax loss, and no intercept");
    return std::make_unique<Cubic>();
  }
  if (name == "two-metric") {
    require(separable, "update: 'two-metric' needs L1 or bounds; with a group norm use 'exact-group'");
    return std::make_unique<TwoMetric>();
  }
  if (name == "exact-group") {
    require(!separable, "update: 'exact-group' needs a group penalty; use 'matrix'");
    return std::make_unique<MatrixUpdate>();
  }
  if (name == "message-passing") {
    require(dynamic_cast<const GraphSmooth*>(&run.f) != nullptr && zero,
            "update: 'message-passing' needs a quadratic on a graph without penalty or bounds");
    return std::make_unique<MessagePassing>();
  }
  throw std::invalid_argument("update: no update is called '" + name + "'");
}

}  // namespace pauca::bcd::rules
