#include "pauca/prox/accelerated.hpp"

#include <cmath>

#include "pauca/core/errors.hpp"
#include "pauca/prox/smooth.hpp"
#include "start.hpp"

namespace pauca::prox {

namespace {

/// The iteration's state and its arithmetic; `accelerated` below is the loop with its decisions.
class Accelerated {
 public:
  Accelerated(const Problem& problem, const AcceleratedOptions& options, Monitor& monitor)
      : f_(problem, monitor), g_(problem.penalty), options_(options), split_(options.split && g_.splits()) {}

  Smooth& smooth() { return f_; }
  const Vector& point() const { return ag_; }
  double objective() const { return objective_; }
  double step() const { return step_; }
  double lipschitz() const { return lipschitz_; }
  Index restarts() const { return restarts_; }

  void start(const Vector& w, double intercept, double lipschitz) {
    ag_ = x_ = before_ = w;
    f_.set_intercept(intercept);
    f_.predictor(w, z_ag_);
    z_x_ = z_before_ = z_ag_;
    objective_ = f_.evaluate(z_ag_) + g_.value(ag_);
    const double smooth = lipschitz > 0.0 ? lipschitz : f_.lipschitz();
    set_lipschitz(std::max(smooth, split_ ? g_.concavity() : 0.0));
    intercept_ = f_.intercept();
  }

  /// KKT violation at the point, at the cost of a gradient.
  double violation() {
    f_.evaluate(z_ag_);
    intercept_ = f_.intercept();
    f_.gradient(gradient_);
    return g_.violation(ag_, gradient_, 1.0 / lipschitz_);
  }
  double intercept() const { return intercept_; }

  /// One iteration; returns the length of the proximal gradient step per unit of step, a cheap bound on the violation.
  double iterate() {
    next_momentum();
    const bool accelerate = options_.momentum != Momentum::none;
    // Two sequences for a convex h; otherwise large steps lambda_k would only make the prox jump.
    const bool twin = accelerate && (split_ || g_.convex()) && g_.splits();
    if (twin) {
      md_ = (1.0 - a_) * ag_ + a_ * x_;
      z_md_ = (1.0 - a_) * z_ag_ + a_ * z_x_;
    } else {
      const double beta = accelerate ? a_ / previous_a_ * (1.0 - previous_a_) : 0.0;
      md_ = ag_ + beta * (ag_ - before_);
      z_md_ = z_ag_ + beta * (z_ag_ - z_before_);
    }
    forward(md_, z_md_);
    double f_new = backward(md_);
    if (twin) {
      const double lambda = options_.momentum == Momentum::thesis ? step_ / a_ : 0.5 * count_ * step_;
      prox(x_ - lambda * gradient_, lambda, x_);
      f_.predictor(x_, z_x_);
    }
    double move = (md_ - new_).cwiseAbs().maxCoeff() / step_;
    double next = f_new + g_.value(new_);
    // Written so that an overflow to NaN counts as an increase.
    if (options_.monotone && !(next <= objective_ + 1e-15 * std::abs(objective_))) {
      forward(ag_, z_ag_);
      f_new = backward(ag_);
      move = (ag_ - new_).cwiseAbs().maxCoeff() / step_;
      next = f_new + g_.value(new_);
      accept(next);
      restart();
    } else {
      accept(next);
      if (options_.restart != Restart::none && accelerate) restart_if_due();
    }
    return move;
  }

 private:
  void set_lipschitz(double l) {
    lipschitz_ = l;
    step_ = options_.momentum == Momentum::ghadimi_lan ? 0.5 / l : 0.99 / l;
  }
  void prox(const Vector& v, double step, Vector& out) const {
    Vector result;
    if (split_)
      g_.convex_prox(v, step, result);
    else
      g_.prox(v, step, result);
    out.swap(result);
  }
  /// Value and gradient of the smooth part at w.
  void forward(const Vector& w, const Vector& z) {
    f_at_ = f_.evaluate(z);
    f_.gradient(gradient_);
    slope_ = gradient_;
    if (split_) g_.add_concave_gradient(w, gradient_);
  }
  /// Proximal step from w to new_, with the step shortened until the quadratic bound on f holds; returns f there.
  double backward(const Vector& w) {
    for (int trial = 0;; ++trial) {
      prox(w - step_ * gradient_, step_, new_);
      f_.predictor(new_, z_new_);
      const double f_new = f_.evaluate(z_new_);
      const Vector d = new_ - w;
      const double bound = f_at_ + slope_.dot(d) + 0.5 * lipschitz_ * d.squaredNorm();
      if (f_new <= bound + 1e-12 * std::abs(f_at_) || trial == 60) return f_new;
      set_lipschitz(2.0 * lipschitz_);
    }
  }
  void accept(double objective) {
    before_.swap(ag_);
    z_before_.swap(z_ag_);
    ag_ = new_;
    z_ag_ = z_new_;
    objective_ = objective;
  }
  void next_momentum() {
    ++count_;
    previous_a_ = a_;
    if (options_.momentum == Momentum::thesis)
      a_ = 2.0 / (1.0 + std::sqrt(1.0 + 4.0 / (a_ * a_)));
    else if (options_.momentum == Momentum::ghadimi_lan)
      a_ = 2.0 / (count_ + 1.0);
  }
  void restart() {
    a_ = previous_a_ = 1.0;
    count_ = 0.0;
    x_ = before_ = ag_;
    z_x_ = z_before_ = z_ag_;
    length_ = 0.0;
    ++restarts_;
  }
  void restart_if_due() {
    if (options_.restart == Restart::gradient) {
      if ((md_ - ag_).dot(ag_ - before_) > 0.0) restart();
      return;
    }
    const double length = last_md_.size() ? (md_ - last_md_).squaredNorm() : 0.0;
    last_md_ = md_;
    if (count_ >= 3.0 && length < length_)
      restart();
    else
      length_ = length;
  }

  Smooth f_;
  VectorPenalty& g_;
  AcceleratedOptions options_;
  bool split_;
  Vector ag_, x_, before_, md_, new_, last_md_;
  Vector z_ag_, z_x_, z_before_, z_md_, z_new_;
  Vector gradient_, slope_;
  double f_at_ = 0.0, objective_ = 0.0, lipschitz_ = 1.0, step_ = 1.0, intercept_ = 0.0;
  double a_ = 1.0, previous_a_ = 1.0, count_ = 0.0, length_ = 0.0;
  Index restarts_ = 0;
};

}  // namespace

Solution accelerated(const Problem& problem, const Null& null, const AcceleratedOptions& options,
                     const Settings& settings, const bcd::Start& start, Monitor& monitor) {
  Solution result = begin(problem, null, settings);
  Report& report = result.report;
  Accelerated run(problem, options, monitor);
  run.start(start.coef.size() ? start.coef : null.model.coef,
            start.coef.size() ? start.intercept : null.model.intercept, options.lipschitz);
  double worst = run.violation();
  report.objective_path.push_back(run.objective());
  int idle = 0;
  for (;; ++report.n_iter) {
    if (monitor.stop_requested() && monitor.reason() == Status::stopped) {  // the gradient may be half done
      report.status = Status::stopped;
      break;
    }
    if (worst <= report.threshold) {
      report.status = Status::converged;
      break;
    }
    if (report.n_iter >= settings.max_iter) {
      report.status = Status::max_iter;
      break;
    }
    if (!monitor.next_iteration({report.n_iter, run.objective(), worst, report.threshold})) {
      report.status = monitor.reason();
      break;
    }
    const double move = run.iterate();
    report.objective_path.push_back(run.objective());
    // The bound on the violation is checked against an exact one, which costs a gradient, when it looks small enough.
    worst = move;
    if (move <= report.threshold) {
      worst = run.violation();
      if (worst > report.threshold && ++idle > 100) {
        report.status = Status::stalled;
        break;
      }
    }
  }
  if (report.status != Status::stopped && report.status != Status::converged) worst = run.violation();
  result.coef = run.point();
  result.intercept = run.intercept();
  result.gradients = run.smooth().gradients();
  result.restarts = run.restarts();
  report.engine = options.momentum == Momentum::none ? "proximal gradient" : "accelerated proximal gradient";
  finish(result, run.objective(), worst, monitor);
  return result;
}

}  // namespace pauca::prox
