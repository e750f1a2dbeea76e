#include "pauca/dag/path_following.hpp"

#include <cmath>
#include <limits>

#include "pauca/core/errors.hpp"

namespace pauca::dag {

PathFollowing::PathFollowing(const std::vector<Matrix>& covariances, const std::vector<int>& group_of, Matrix penalties,
                             const Constraints& constraints, const PathFollowingOptions& options)
    : covariances_(covariances),
      columns_(covariances.size()),
      penalties_(std::move(penalties)),
      options_(options),
      nonnegative_(constraints.nonnegative),
      d_(constraints.n_nodes()),
      inverse_(d_),
      m_(d_, d_),
      mt_(d_, d_),
      d_matrix_(d_, d_),
      sd_(d_, d_),
      first_(d_, d_),
      second_(d_, d_),
      step_(d_, d_),
      q_(d_),
      bound_(d_) {
  require(std::isfinite(options_.learning_rate) && options_.checkpoint >= 1,
          "path following: expected a finite learning rate and a positive checkpoint");
  require(constraints.n_variables() == d_, "path following knows no exogenous variables: project them out");
  for (Index j = 0; j < d_; ++j) columns_[group_of.empty() ? 0 : group_of[j]].push_back(static_cast<int>(j));
  free_.resize(d_, d_);
  for (Index j = 0; j < d_; ++j) {
    for (Index i = 0; i < d_; ++i) {
      const bool forbidden = constraints.excluded(i, j) || constraints.tier[i] > constraints.tier[j];
      free_(i, j) = (i == j ? !options_.mask_diagonal : !forbidden) ? 1.0 : 0.0;
    }
    const double variance = covariances_[group_of.empty() ? 0 : group_of[j]](j, j);
    bound_[j] = options_.noise_bound * std::sqrt(variance);
    if (variance == 0.0) {  // a constant: neither parent nor child
      free_.row(j).setZero();
      free_.col(j).setZero();
      bound_[j] = 1.0;
    }
  }
  if (options_.equal_variance) bound_.setConstant(bound_.minCoeff());
}

void PathFollowing::residuals(const Matrix& w) {
  d_matrix_ = -w;
  d_matrix_.diagonal().array() += 1.0;
  if (covariances_.size() == 1) {
    sd_.noalias() = covariances_.front() * d_matrix_;
  } else {
    for (std::size_t g = 0; g < covariances_.size(); ++g) {
      for (int j : columns_[g]) sd_.col(j).noalias() = covariances_[g] * d_matrix_.col(j);
    }
  }
  for (Index j = 0; j < d_; ++j) q_[j] = std::max(d_matrix_.col(j).dot(sd_.col(j)), 0.0);
}

void PathFollowing::update_sigma(Vector& sigma) {
  if (options_.equal_variance) {
    sigma.setConstant(std::max(std::sqrt(q_.mean()), bound_[0]));
  } else {
    sigma = q_.cwiseSqrt().cwiseMax(bound_);
  }
}

double PathFollowing::data_term(const Vector& sigma) const {
  return 0.5 * (q_.array() / sigma.array() + sigma.array()).sum();
}

double PathFollowing::penalty(const Matrix& w) const { return (penalties_.array() * w.array().abs()).sum(); }

double PathFollowing::score(const Matrix& w, Vector& sigma) {
  residuals(w);
  sigma.resize(d_);
  update_sigma(sigma);
  return data_term(sigma) + penalty(w);
}

void PathFollowing::score_gradient(const Matrix& w, Matrix& gradient) {
  Vector sigma(d_);
  residuals(w);
  update_sigma(sigma);
  gradient = -(sd_ * sigma.cwiseInverse().asDiagonal());
  gradient.array() += penalties_.array() * w.array().sign();
}

bool PathFollowing::invert(const Matrix& w, double s) {
  if (nonnegative_) {
    m_ = -w;
  } else {
    m_.array() = -w.array().square();
  }
  m_.diagonal().array() += s;
  return inverse_.invert(m_);
}

bool PathFollowing::barrier(const Matrix& w, double s, double& h, Matrix* gradient) {
  if (!invert(w, s)) return false;
  h = static_cast<double>(d_) * std::log(s) - inverse_.log_determinant();
  if (gradient) {
    if (nonnegative_) {
      *gradient = m_.transpose();
    } else {
      *gradient = 2.0 * w.cwiseProduct(m_.transpose());
    }
  }
  return true;
}

void PathFollowing::admit(Matrix& w) const {
  w.array() *= free_.array();
  if (nonnegative_) w = w.cwiseMax(0.0);
}

void PathFollowing::adam(Matrix& w, const Vector& sigma, double mu, double rate, Index t) {
  // One pass over everything: gradient, moments, step.
  const double b1 = options_.beta1, b2 = options_.beta2;
  const double c1 = 1.0 / (1.0 - std::pow(b1, static_cast<double>(t)));
  const double c2 = 1.0 / (1.0 - std::pow(b2, static_cast<double>(t)));
  mt_ = m_.transpose();
  for (Index j = 0; j < d_; ++j) {
    const double data = -mu / sigma[j];
    const auto wj = w.col(j).array();
    auto g = step_.col(j).array();
    g = data * sd_.col(j).array() + mu * penalties_.col(j).array() * wj.sign();
    if (nonnegative_) {
      g += mt_.col(j).array();
    } else {
      g += 2.0 * wj * mt_.col(j).array();
    }
    g *= free_.col(j).array();
    auto m = first_.col(j).array(), v = second_.col(j).array();
    m = b1 * m + (1.0 - b1) * g;
    v = b2 * v + (1.0 - b2) * g.square();
    g = rate * (c1 * m) / ((c2 * v).sqrt() + 1e-8);
    w.col(j).array() -= g;
  }
}

PathFollowing::Stage PathFollowing::run_stage(Matrix& w, Vector& sigma, double mu, double s, double rate, Index limit,
                                              PathFollowingResult& result, Monitor& monitor) {
  first_.setZero();
  second_.setZero();
  double previous = 1e16;
  residuals(w);
  for (Index t = 1; t <= limit; ++t) {
    while (!invert(w, s)) {
      if (t == 1 || s <= 0.9) return Stage::left_domain;
      // Undo the step, take half of it.
      w += step_;
      rate *= 0.5;
      if (!(rate > 1e-16)) return Stage::converged;
      if (!monitor.keep_going()) return Stage::stopped;
      step_ *= 0.5;
      w -= step_;
      if (nonnegative_) admit(w);
      residuals(w);
      update_sigma(sigma);
    }
    adam(w, sigma, mu, rate, t);
    if (nonnegative_) w = w.cwiseMax(0.0);
    residuals(w);
    update_sigma(sigma);
    ++result.n_iter;
    if (t % options_.checkpoint == 0 || t == limit) {
      const double score = data_term(sigma) + penalty(w);
      result.objective_path.push_back(score);
      const double h = invert(w, s) ? static_cast<double>(d_) * std::log(s) - inverse_.log_determinant()
                                    : std::numeric_limits<double>::infinity();
      const double objective = mu * score + h;
      const double change = std::abs((previous - objective) / previous);
      if (!monitor.next_iteration({result.n_iter, score, change, options_.tol})) return Stage::stopped;
      if (change <= options_.tol) return Stage::converged;
      previous = objective;
    }
    if (t % 8 == 0 && !monitor.keep_going()) return Stage::stopped;
  }
  return Stage::limit;
}

PathFollowingResult PathFollowing::run(const Matrix& start, Monitor& monitor) {
  PathFollowingResult result;
  Matrix w = start;
  admit(w);
  Vector sigma(d_);
  residuals(w);
  for (Index j = 0; j < d_; ++j) sigma[j] = std::sqrt(q_[j]);
  if (options_.equal_variance) {
    double least = std::numeric_limits<double>::infinity();
    for (Index j = 0; j < d_; ++j) {
      if (q_[j] > 0.0) least = std::min(least, sigma[j]);
    }
    sigma.setConstant(std::isfinite(least) ? least : 1.0);
  }
  sigma = sigma.cwiseMax(bound_);
  double mu = options_.mu;
  for (std::size_t k = 0; k < options_.s.size(); ++k) {
    const bool last = k + 1 == options_.s.size();
    double rate = options_.learning_rate, s = options_.s[k];
    const Index limit = last ? options_.max_iter : options_.warm_iter;
    const Matrix w_start = w;
    const Vector sigma_start = sigma;
    Stage stage;
    while ((stage = run_stage(w, sigma, mu, s, rate, limit, result, monitor)) == Stage::left_domain) {
      // Weights that overflowed are in no domain, however large s is.
      if (!w_start.allFinite() || !std::isfinite(s)) break;
      if (!monitor.keep_going()) {
        stage = Stage::stopped;
        break;
      }
      w = w_start;
      sigma = sigma_start;
      rate *= 0.5;
      s += 0.1;
    }
    result.s = s;
    mu *= options_.mu_factor;
    result.converged = stage == Stage::converged;
    if (stage == Stage::stopped) break;
  }
  result.h = invert(w, result.s) ? static_cast<double>(d_) * std::log(result.s) - inverse_.log_determinant()
                                 : std::numeric_limits<double>::infinity();
  result.w = std::move(w);
  result.sigma = std::move(sigma);
  return result;
}

}  // namespace pauca::dag
