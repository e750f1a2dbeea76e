#include "pauca/bcd/rules/scores.hpp"

#include <algorithm>
#include <cmath>

#include "pauca/core/order.hpp"

namespace pauca::bcd::rules {

void largest(const Vector& score, Index count, Block& out) {
  out = everything(score.size());
  count = std::min<Index>(count, score.size());
  std::nth_element(out.begin(), out.begin() + std::max<Index>(count - 1, 0), out.end(),
                   [&](Index a, Index b) { return ranks_before(score[a], a, score[b], b); });
  out.resize(static_cast<std::size_t>(count));
  std::sort(out.begin(), out.end());
}

namespace {

/// Gathers what a candidate's score depends on; a coordinate is a block of one.
class BlockScore : public Score {
 public:
  double operator()(Run& run, Index candidate) final {
    if (run.variable()) single_[0] = candidate;
    const Block& b = run.variable() ? single_ : run.fixed[static_cast<std::size_t>(candidate)].block();
    gather(run.f.x(), b, x_);
    gather(run.f.gradient(), b, gradient_);
    return score(run, candidate, b);
  }

 protected:
  virtual double score(Run& run, Index candidate, const Block& b) = 0;
  Block single_ = Block(1);
  Vector x_, gradient_, d_;
};

class Subgradient final : public BlockScore {
  double score(Run& run, Index, const Block& b) override {
    if (run.g.is_zero()) return gradient_.norm();
    run.g.min_subgradient(b, x_, gradient_, d_);
    return d_.norm();
  }
};

/// Rules with a diagonal D: fixed blocks have their own, coordinates share one vector.
class DiagonalScore : public BlockScore {
 public:
  DiagonalScore(Diagonal kind, Run& run) : kind_(kind) {
    if (!run.variable()) return;
    if (kind == Diagonal::gershgorin) {
      all_ = run.f.bound_row_sums();
    } else {
      const bool alone = run.block_size == 1 || kind == Diagonal::coordinate;
      require(kind != Diagonal::block || alone,
              "diagonal: L_b of a variable block is not known before it is chosen; use 'gershgorin', 'scaled' or "
              "'coordinate'");
      all_ = (alone ? 1.0 : static_cast<double>(run.block_size)) * run.f.lipschitz();
    }
    all_ = all_.cwiseMax(run.floor);
  }

 protected:
  const Vector& step(Run& run, Index candidate, const Block& b) {
    if (run.variable()) one_[0] = all_[candidate];
    const Vector& D = run.variable() ? one_ : run.fixed[static_cast<std::size_t>(candidate)].diagonal(kind_);
    run.g.prox_step(b, x_, gradient_, D, d_);
    return D;
  }

 private:
  Diagonal kind_;
  Vector all_, one_ = Vector(1);
};

class StepLength final : public DiagonalScore {
 public:
  StepLength(Diagonal kind, Run& run, bool scaled) : DiagonalScore(kind, run), scaled_(scaled) {}

 private:
  double score(Run& run, Index candidate, const Block& b) override {
    const Vector& D = step(run, candidate, b);
    return scaled_ ? std::sqrt((D.array() * d_.array().square()).sum()) : d_.norm();
  }

  bool scaled_;
};

class Decrease final : public DiagonalScore {
 public:
  using DiagonalScore::DiagonalScore;

 private:
  double score(Run& run, Index candidate, const Block& b) override {
    const Vector& D = step(run, candidate, b);
    if (run.g.is_zero()) return 0.5 * (gradient_.array().square() / D.array()).sum();
    const double curvature =
        run.g.is_separable() ? (D.array() * d_.array().square()).sum() : D.maxCoeff() * d_.squaredNorm();
    return model_decrease(run.g, b, x_, gradient_, d_, curvature);
  }
};

class MatrixDecrease final : public BlockScore {
  double score(Run& run, Index candidate, const Block& b) override {
    Metric& h = run.fixed[static_cast<std::size_t>(candidate)].bound();
    minimise_model(run.g, b, x_, gradient_, h, d_);
    if (run.g.is_zero()) return -0.5 * gradient_.dot(d_);
    return model_decrease(run.g, b, x_, gradient_, d_, d_.dot(h.matrix() * d_));
  }
};

class TrueDecrease final : public BlockScore {
 public:
  explicit TrueDecrease(Update& update) : update_(update) {}

 private:
  double score(Run& run, Index candidate, const Block& b) override {
    BlockModel& model = run.fixed[static_cast<std::size_t>(candidate)];
    update_.direction(run, model, x_, gradient_, d_);
    return model_decrease(run.g, b, x_, gradient_, d_, d_.dot(model.bound().matrix() * d_));
  }

  Update& update_;
};

class CubicDecrease final : public BlockScore {
 public:
  bool local() const override { return false; }  // through the Hessian it depends on all of x

 private:
  double score(Run& run, Index, const Block& b) override {
    Matrix h;
    run.f.hessian(b, h);
    const double third = run.f.third_bound(b);
    Metric metric(std::move(h));
    minimise_cubic(gradient_, metric, third, d_);
    const double norm = d_.norm();
    return -(gradient_.dot(d_) + 0.5 * d_.dot(metric.matrix() * d_) + third / 6.0 * norm * norm * norm);
  }
};

}  // namespace

std::unique_ptr<Score> make_score(const std::string& name, Diagonal diagonal, Run& run, Update& update) {
  if (name == "gs" || name == "gs-s") return std::make_unique<Subgradient>();
  if (name == "gs-r" || name == "gsl-r") return std::make_unique<StepLength>(diagonal, run, name == "gsl-r");
  if (name == "gs-q" || name == "gsd" || name == "gsl") return std::make_unique<Decrease>(diagonal, run);
  if (name == "gsq") return std::make_unique<MatrixDecrease>();
  if (name == "max-improvement") return std::make_unique<TrueDecrease>(update);
  if (name == "cubic") return std::make_unique<CubicDecrease>();
  throw std::invalid_argument("selection: no rule is called '" + name + "'");
}

}  // namespace pauca::bcd::rules
