#include "pauca/prox/smooth.hpp"

#include <cmath>

#include "pauca/bcd/solve.hpp"
#include "pauca/core/errors.hpp"
#include "pauca/core/rng.hpp"

namespace pauca::prox {

Smooth::Smooth(const Problem& problem, Monitor& monitor) : problem_(problem), monitor_(monitor) {
  u_.setZero(problem.design.rows());
}

void Smooth::product(const Vector& d, Vector& z) const {
  z.setZero(problem_.design.rows());
  for (Index j = 0; j < d.size(); ++j)
    if (d[j] != 0.0) problem_.design.axpy(j, d[j], z.data());
  monitor_.keep_going();
}

void Smooth::predictor(const Vector& w, Vector& z) const {
  product(w, z);
  if (problem_.offset) z += *problem_.offset;
}

double Smooth::evaluate(const Vector& z) {
  eta_ = z;
  if (problem_.fit_intercept) {
    eta_.array() += intercept_;
    intercept_ += problem_.loss.center(eta_, u_);
  } else {
    problem_.loss.gradient(eta_, u_);
  }
  return problem_.loss.value(eta_);
}

void Smooth::gradient(Vector& out) {
  out.resize(problem_.design.cols());
  problem_.design.transpose_multiply(u_.data(), out.data(), monitor_);
  if (monitor_.stop_requested() && monitor_.reason() == Status::max_time) {
    Monitor unhurried;  // what is returned has a certificate all the same
    problem_.design.transpose_multiply(u_.data(), out.data(), unhurried);
  }
  ++gradients_;
}

double Smooth::lipschitz() {
  const Design& x = problem_.design;
  Vector h;
  const double bound = problem_.loss.curvature_bound();
  if (std::isfinite(bound))
    h = bound * problem_.loss.weights();
  else
    problem_.loss.curvature(eta_, h);
  const double total = h.sum();
  Vector v(x.cols()), z, out(x.cols());
  Rng rng(0);
  for (Index j = 0; j < v.size(); ++j) v[j] = rng.normal();
  double value = 0.0, norm = v.norm(), least = 1e-300;
  for (int k = 0; k < 200 && norm > 0.0 && !monitor_.stop_requested(); ++k) {
    v /= norm;
    product(v, z);
    least = std::max(least, 1e-13 * z.cwiseAbs2().dot(h));  // less is what centring left of it by rounding
    if (problem_.fit_intercept && total > 0.0) z.array() -= h.dot(z) / total;
    z.array() *= h.array();
    x.transpose_multiply(z.data(), out.data(), monitor_);
    const double next = v.dot(out);
    norm = out.norm();
    v = out;
    if (std::abs(next - value) <= 1e-3 * next) {
      value = std::max(next, value);
      break;
    }
    value = next;
  }
  return std::max(1.01 * value, least);
}

bcd::NullModel fit_columns(const Problem& problem, const std::vector<bool>& in, Monitor& monitor) {
  Vector weights(problem.design.cols());
  for (Index j = 0; j < weights.size(); ++j) weights[j] = in[j] ? 0.0 : std::numeric_limits<double>::infinity();
  PenaltySettings penalty;
  penalty.lambda = 1.0;
  penalty.weights = weights.data();
  const bcd::Problem free{problem.design, problem.loss, penalty, {}, problem.fit_intercept, problem.offset};
  return bcd::null_model(free, "l1", {}, monitor);
}

Null null_model(const Problem& problem, Monitor& monitor) {
  std::vector<bool> in(static_cast<std::size_t>(problem.design.cols()));
  for (std::size_t j = 0; j < in.size(); ++j) in[j] = !problem.penalty.penalises(static_cast<Index>(j));
  Null null;
  null.model = fit_columns(problem, in, monitor);
  Smooth f(problem, monitor);
  f.set_intercept(null.model.intercept);
  Vector z, gradient;
  f.predictor(null.model.coef, z);
  f.evaluate(z);
  f.gradient(gradient);
  for (std::size_t j = 0; j < in.size(); ++j)
    if (in[j]) gradient[j] = 0.0;
  Index top = 0;
  if (gradient.size() > 0) null.model.gradient_max = gradient.cwiseAbs().maxCoeff(&top);
  const double norm = gradient.size() > 0 ? std::sqrt(problem.design.weighted_square(top, nullptr)) : 0.0;
  null.model.floor = null.model.rounding * norm;
  if (null.model.gradient_max <= null.model.floor) {  // correlation that is a rounding error is none
    gradient.setZero();
    null.model.gradient_max = 0.0;
  }
  null.alpha_max = problem.penalty.critical(gradient, 1.0 / f.lipschitz());
  return null;
}

}  // namespace pauca::prox
