#include "pauca/prox/linear_approximation.hpp"

#include <cmath>

#include "pauca/bcd/solve.hpp"
#include "pauca/penalty/registry.hpp"

namespace pauca::prox {

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// Hands the outer monitor's decisions to inner solves, whose iterations it does not count.
class Inner final : public Monitor {
 public:
  explicit Inner(Monitor& outer) : outer_(outer) {}

 protected:
  bool poll(const Progress&) override { return outer_.keep_going(); }

 private:
  Monitor& outer_;
};

template <class P>
bcd::Solution run(P p, const bcd::Problem& problem, const std::string& name, const std::vector<double>& shape,
                  Index steps, const bcd::Options& options, const Settings& settings, const bcd::Start& start,
                  Monitor& monitor) {
  monitor.start(settings.max_time);
  const Design& x = problem.design;
  const bcd::NullModel null = bcd::null_model(problem, name, shape, monitor);
  double alpha = problem.strength.alpha;
  if (problem.strength.relative) alpha *= null.lambda_max / problem.strength.lambda_share;
  PenaltySettings own = problem.penalty;
  own.lambda = alpha * problem.strength.lambda_share;
  own.ridge = alpha * problem.strength.ridge_share;
  const Vector ones = Vector::Ones(x.cols());
  if (P::infinite_slope) own.curvature = ones.data();
  const Separable<P> g(p, own);
  // Penalties of infinite slope at zero are approximated at |w| + eps until that settles, and then as they are: zeros
  // stay zero.
  double eps = P::infinite_slope ? 1e-3 * std::max(null.gradient_max, 1e-300) : 0.0;

  bcd::Solution s;
  s.coef = start.coef.size() ? start.coef : null.coef;
  s.intercept = start.coef.size() ? start.intercept : null.intercept;
  Vector weights(x.cols()), eta, u, gradient(x.cols());
  Report report;
  const double unit =
      own.lambda > 0.0 && !P::infinite_slope ? p.derivative(0.0, own.lambda) : std::max(null.gradient_max, 1e-300);
  report.threshold = settings.tol * unit;
  double worst = 0.0;
  for (Index k = 0;; ++k) {
    report.n_iter = k;
    for (Index j = 0; j < x.cols(); ++j) {
      const double a = std::abs(s.coef[j]) + eps;
      weights[j] = a > 0.0 ? g.slope(j, a) : (P::infinite_slope ? infinity : g.zero_limit(j));
      if (std::isnan(weights[j])) weights[j] = infinity;
    }
    // Gradient, objective and violation of the penalised problem at the point reached.
    eta = problem.offset ? *problem.offset : Vector::Zero(x.rows());
    eta.array() += s.intercept;
    for (Index j = 0; j < x.cols(); ++j)
      if (s.coef[j] != 0.0) x.axpy(j, s.coef[j], eta.data());
    problem.loss.gradient(eta, u);
    x.transpose_multiply(u.data(), gradient.data(), monitor);
    double objective = problem.loss.value(eta);
    worst = 0.0;
    for (Index j = 0; j < x.cols(); ++j) {
      objective += g.value(j, s.coef[j]);
      if constexpr (P::infinite_slope) {
        worst = std::max(worst, s.coef[j] == 0.0 ? std::max(std::abs(gradient[j]) - weights[j], 0.0)
                                                 : std::abs(std::abs(gradient[j]) - weights[j]));
      } else {
        worst = std::max(worst, g.violation(j, s.coef[j], gradient[j]));
      }
    }
    report.objective_path.push_back(objective);
    report.objective = objective;
    if (eps > 0.0 && k > 0 && (worst <= report.threshold || k >= 30) && k != steps) {
      eps = 0.0;
      continue;
    }
    if (k > 0 && (worst <= report.threshold || k == steps)) {
      report.status = Status::converged;
      break;
    }
    if (k >= settings.max_iter) {
      report.status = Status::max_iter;
      break;
    }
    if (!monitor.next_iteration({k, objective, worst, report.threshold})) {
      report.status = monitor.reason();
      break;
    }
    PenaltySettings lasso = problem.penalty;
    lasso.weights = weights.data();
    lasso.multiply = false;
    weights /= unit;
    const bcd::Problem inner{x, problem.loss, lasso, {unit, false, 1.0, 0.0}, problem.fit_intercept, problem.offset};
    Inner watched(monitor);
    Settings inner_settings = settings;
    inner_settings.max_time = settings.max_time - monitor.seconds();
    // With positive weights the inner fit stops at a duality gap, which must be smaller to give the same accuracy.
    inner_settings.tol = weights.minCoeff() > 0.0 ? 1e-15 : 0.1 * settings.tol;
    inner_settings.max_iter = std::min<Index>(settings.max_iter, 200);
    bcd::Start warm{s.coef, s.intercept};
    const bool cold = k == 0 && start.coef.size() == 0;
    const bcd::Solution found =
        bcd::solve(inner, "l1", {}, options, inner_settings, cold ? bcd::Start{} : warm, watched);
    s.coef = found.coef;
    s.intercept = found.intercept;
    report.engine = "local linear approximation (" + found.report.engine + ")";
  }
  report.kkt_violation = report.criterion = worst;
  report.seconds = monitor.seconds();
  s.alpha = alpha;
  s.lambda_max = null.lambda_max;
  s.null_objective = null.objective;
  s.report = report;
  return s;
}

}  // namespace

bcd::Solution linear_approximation(const bcd::Problem& problem, const std::string& penalty,
                                   const std::vector<double>& shape, Index steps, const bcd::Options& options,
                                   const Settings& settings, const bcd::Start& start, Monitor& monitor) {
  require(penalty != Box::name, "LLA needs a penalty of |w|; Box is none: use GreedyBCD");
  require(penalty != L0::name, "LLA needs a penalty with a slope; L0 has none: use GreedyBCD or IHT");
  require(problem.strength.ridge_share == 0.0, "LLA takes no ridge part: use GreedyBCD");
  return visit_penalty(penalty, shape, [&](auto p) -> bcd::Solution {
    if constexpr (std::is_same_v<decltype(p), Box>)
      return {};
    else
      return run(p, problem, penalty, shape, steps, options, settings, start, monitor);
  });
}

}  // namespace pauca::prox
