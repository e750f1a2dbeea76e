#include "pauca/prox/conjugate_gradient.hpp"

#include <cmath>

#include "pauca/core/errors.hpp"
#include "pauca/prox/smooth.hpp"
#include "start.hpp"

namespace pauca::prox {

namespace {

/// A point with its residual s and its forward-backward envelope
///   E(x) = (f + c)(x) + h(p) - <grad, s> + ||s||^2 / (2 r),  p = x - s.
struct Point {
  Vector x, z, s, p;
  double envelope = 0.0, smooth = 0.0;
};

class Envelope {
 public:
  Envelope(const Problem& problem, Monitor& monitor) : f_(problem, monitor), g_(problem.penalty) {}

  Smooth& smooth() { return f_; }
  void set_step(double r) { r_ = r; }
  double step() const { return r_; }

  void evaluate(Point& at) {
    f_at_ = f_.evaluate(at.z);
    f_.gradient(slope_);
    gradient_ = slope_;
    g_.add_concave_gradient(at.x, gradient_);
    g_.convex_prox(at.x - r_ * gradient_, r_, at.p);
    at.s = at.x - at.p;
    at.smooth = f_at_ + g_.concave_value(at.x);
    at.envelope = at.smooth + g_.convex_value(at.p) - gradient_.dot(at.s) + 0.5 * at.s.squaredNorm() / r_;
  }
  /// F and the violation at p; false if the quadratic bound behind r did not hold for f from the point last evaluated.
  bool certify(const Point& at, double& objective, double& violation, double& intercept) {
    Vector z;
    f_.predictor(at.p, z);
    const double f = f_.evaluate(z);
    const Vector d = at.p - at.x;
    const bool bounded = f <= f_at_ + slope_.dot(d) + 0.5 * d.squaredNorm() / r_ + 1e-12 * std::abs(f_at_);
    Vector gradient;
    f_.gradient(gradient);
    intercept = f_.intercept();
    objective = f + g_.value(at.p);
    violation = g_.violation(at.p, gradient, r_);
    return bounded;
  }

 private:
  Smooth f_;
  VectorPenalty& g_;
  Vector gradient_, slope_;
  double r_ = 1.0, f_at_ = 0.0;
};

}  // namespace

Solution conjugate_gradient(const Problem& problem, const Null& null, const Settings& settings, const bcd::Start& start,
                            Monitor& monitor) {
  require(problem.penalty.splits(),
          "ProximalCG needs a penalty that is convex plus smooth concave (L1, MCP, SCAD, LogSum): use "
          "AcceleratedProximalGradient");
  constexpr double armijo = 1e-4, eta = 0.01, rounding = 1e-13;
  Solution result = begin(problem, null, settings);
  Report& report = result.report;
  Envelope e(problem, monitor);
  Point now;
  now.x = start.coef.size() ? start.coef : null.model.coef;
  e.smooth().set_intercept(start.coef.size() ? start.intercept : null.model.intercept);
  e.smooth().predictor(now.x, now.z);
  e.smooth().evaluate(now.z);
  double lipschitz = std::max(e.smooth().lipschitz(), problem.penalty.concavity());
  e.set_step(0.95 / lipschitz);
  e.evaluate(now);
  Vector d = -now.s, z_d;
  double last_step = 1.0, objective = 0.0, worst = 0.0, intercept = 0.0;
  Index since_restart = 0;
  auto restart = [&] {
    d = -now.s;
    since_restart = 0;
    last_step = 1.0;
  };
  for (;; ++report.n_iter) {
    // p is what is returned: its objective and violation are the certificate.
    const double move = now.s.cwiseAbs().maxCoeff() / e.step();
    const bool check = report.n_iter == 0 || move <= report.threshold || report.n_iter >= settings.max_iter;
    if (check) {
      const bool bounded = e.certify(now, objective, worst, intercept);
      if (!bounded) {
        lipschitz *= 2.0;
        e.set_step(0.95 / lipschitz);
        e.evaluate(now);
        restart();
        if (report.n_iter < settings.max_iter) continue;
      }
    } else {
      objective = now.envelope;
      worst = move;
    }
    report.objective_path.push_back(objective);
    if (monitor.stop_requested() && monitor.reason() == Status::stopped) {  // the gradient may be half done
      report.status = Status::stopped;
      break;
    }
    if (check && worst <= report.threshold) {
      report.status = Status::converged;
      break;
    }
    if (report.n_iter >= settings.max_iter) {
      report.status = Status::max_iter;
      break;
    }
    if (!monitor.next_iteration({report.n_iter, objective, worst, report.threshold})) {
      report.status = monitor.reason();
      break;
    }
    const double size = now.s.squaredNorm();
    Point next;
    bool accepted = false;
    for (int attempt = 0; attempt < 2 && !accepted; ++attempt) {
      const double slope = now.s.dot(d);
      e.smooth().product(d, z_d);
      auto visit = [&](double a, Point& at) {
        at.x = now.x + a * d;
        at.z = now.z + a * z_d;
        e.evaluate(at);
        if (at.envelope <= now.envelope - armijo * a * size / e.step()) return true;
        // Differences of the envelope drown in rounding close to the solution: there <s, d> decides.
        return at.envelope <= now.envelope + rounding * std::abs(now.envelope) &&
               std::abs(at.s.dot(d)) <= 0.9 * std::abs(slope);
      };
      if (slope < 0.0) {
        // <s(x + a d), d> is close to linear in a: its secant zero beats the first guess.
        double a = last_step;
        Point trial;
        accepted = visit(a, next);
        const double curve = slope - next.s.dot(d);
        const double secant = curve < 0.0 ? a * slope / curve : a;
        if (std::abs(secant - a) > 0.1 * a && secant > 1e-3 * a && secant < 1e3 * a && visit(secant, trial) &&
            (!accepted || trial.envelope < next.envelope)) {
          std::swap(next, trial);
          a = secant;
          accepted = true;
        }
        for (int k = 0; k < 10 && !accepted; ++k) {
          a *= 0.5;
          accepted = visit(a, next);
        }
        if (accepted) last_step = a;
      }
      if (!accepted) {
        if (attempt == 0 && since_restart > 0) {
          restart();
          continue;
        }
        // The proximal gradient point itself; its decrease is guaranteed while r < 1 / L.
        d = -now.s;
        e.smooth().product(d, z_d);
        next.x = now.p;
        e.smooth().predictor(next.x, next.z);
        e.evaluate(next);
        last_step = 1.0;
        since_restart = 0;
        if (!(next.envelope <= now.envelope + rounding * std::abs(now.envelope))) {
          lipschitz *= 2.0;
          e.set_step(0.95 / lipschitz);
          e.evaluate(next);
        }
        ++result.restarts;
        break;
      }
    }
    const Vector y = next.s - now.s;
    const double dy = d.dot(y);
    if (dy > 1e-14 * d.norm() * y.norm() && ++since_restart < problem.design.cols()) {
      const double b = (y.dot(next.s) - 2.0 * d.dot(next.s) * y.squaredNorm() / dy) / dy;
      const double floor = -1.0 / (d.norm() * std::min(eta, now.s.norm()));
      d = -next.s + std::max(b, floor) * d;
    } else {
      d = -next.s;
      since_restart = 0;
    }
    std::swap(now, next);
  }
  if (report.status != Status::stopped && report.status != Status::converged)
    e.certify(now, objective, worst, intercept);
  result.coef = now.p;
  result.intercept = intercept;
  result.gradients = e.smooth().gradients();
  report.engine = "proximal conjugate gradient";
  finish(result, objective, worst, monitor);
  return result;
}

}  // namespace pauca::prox
