#include "pauca/mixed/variance_step.hpp"

#include <algorithm>
#include <cmath>

#include "pauca/core/symmetric_eigen.hpp"

namespace pauca::mixed {

namespace {

/// The unknowns of BFGS: log s2 (if free) and the lower triangle of L.
class Coordinates {
 public:
  Coordinates(Index q, bool scale) : q_(q), scale_(scale) {}
  Index size() const { return (scale_ ? 1 : 0) + q_ * (q_ + 1) / 2; }

  Vector pack(double log_s2, const Matrix& l) const {
    Vector x(size());
    Index at = 0;
    if (scale_) x[at++] = log_s2;
    for (Index j = 0; j < q_; ++j)
      for (Index i = j; i < q_; ++i) x[at++] = l(i, j);
    return x;
  }
  void unpack(const Vector& x, Variance& v) const {
    Index at = 0;
    if (scale_) v.log_s2 = x[at++];
    for (Index j = 0; j < q_; ++j)
      for (Index i = j; i < q_; ++i) v.factor(i, j) = x[at++];
  }

 private:
  Index q_;
  bool scale_;
};

/// Lower triangular L with L L' = d for a positive semi-definite d; a vanishing pivot leaves its column zero.
Matrix semidefinite_cholesky(Matrix d) {
  const Index q = d.rows();
  Matrix l = Matrix::Zero(q, q);
  const double floor = 1e-14 * d.diagonal().cwiseAbs().maxCoeff();
  for (Index j = 0; j < q; ++j) {
    if (d(j, j) <= floor) continue;
    l.col(j).tail(q - j) = d.col(j).tail(q - j) / std::sqrt(d(j, j));
    d.bottomRightCorner(q - j, q - j) -= l.col(j).tail(q - j) * l.col(j).tail(q - j).transpose();
  }
  return l;
}

/// log s2 at which sum_i (m + n_i) d_i / (m + d_i) = n: Newton on a convex function, safeguarded.
double profile_scale(const ClusterLikelihood& likelihood, const Vector& quadratic, double m, double log_s2) {
  const double n = static_cast<double>(likelihood.rows());
  if (!(m < std::numeric_limits<double>::infinity())) return std::log(std::max(quadratic.sum() / n, 1e-300));
  for (int step = 0; step < 40; ++step) {
    const double s2 = std::exp(log_s2);
    double slope = n, curvature = 0.0;
    for (Index i = 0; i < likelihood.clusters(); ++i) {
      const double d = quadratic[i] / s2, w = (m + likelihood.size(i)) / (m + d);
      slope -= w * d;
      curvature += w * d * m / (m + d);
    }
    if (!(curvature > 0.0)) break;
    const double move = std::clamp(slope / curvature, -1.0, 1.0);
    log_s2 -= move;
    if (std::abs(move) < 1e-12) break;
  }
  return log_s2;
}

}  // namespace

void fit_degrees(const ClusterLikelihood& likelihood, const Vector& quadratic, const VarianceOptions& options,
                 Variance& v) {
  auto evaluate = [&](double m, double& log_s2) {
    if (options.fit_scale) log_s2 = profile_scale(likelihood, quadratic, m, log_s2);
    return likelihood.radial_value(log_s2, m, quadratic);
  };
  // A coarse grid in log m brackets the minimum, golden sections refine it.
  constexpr int points = 16;
  const double last = std::log(options.max_degrees);
  double grid[points], best = std::numeric_limits<double>::infinity(), log_s2 = v.log_s2;
  int at = 0;
  for (int k = points - 1; k >= 0; --k) {
    grid[k] = last * k / (points - 1);
    const double f = evaluate(std::exp(grid[k]), log_s2);
    if (f < best) {
      best = f;
      at = k;
    }
  }
  double low = grid[std::max(at - 1, 0)], high = grid[std::min(at + 1, points - 1)];
  const double ratio = 0.5 * (std::sqrt(5.0) - 1.0);
  double x1 = high - ratio * (high - low), x2 = low + ratio * (high - low);
  double f1 = evaluate(std::exp(x1), log_s2), f2 = evaluate(std::exp(x2), log_s2);
  while (high - low > 1e-7) {
    if (f1 <= f2) {
      high = x2;
      x2 = x1;
      f2 = f1;
      f1 = evaluate(std::exp(x1 = high - ratio * (high - low)), log_s2);
    } else {
      low = x1;
      x1 = x2;
      f1 = f2;
      f2 = evaluate(std::exp(x2 = low + ratio * (high - low)), log_s2);
    }
  }
  const double infinity = std::numeric_limits<double>::infinity();
  Variance found = v;
  double least = likelihood.radial_value(v.log_s2, v.degrees, quadratic);
  for (double m : {std::exp(f1 <= f2 ? x1 : x2), std::exp(grid[at]), infinity}) {
    double scale = v.log_s2;
    const double f = evaluate(m, scale);
    if (f < least) {
      least = f;
      found.degrees = m < 0.999 * options.max_degrees ? m : infinity;
      found.log_s2 = scale;
    }
  }
  if (found.gaussian() && !v.gaussian()) {  // rounding max_degrees up to infinity must not increase J
    double scale = found.log_s2;
    if (evaluate(infinity, scale) > likelihood.radial_value(v.log_s2, v.degrees, quadratic)) return;
    found.log_s2 = scale;
  }
  v = found;
}

Variance variance_step(const ClusterLikelihood& likelihood, const Residuals& residuals, Variance v,
                       const VarianceOptions& options, Monitor& monitor) {
  const Index q = likelihood.effects();
  const Coordinates coordinates(q, options.fit_scale);
  const Index size = coordinates.size();
  double d_log_s2 = 0.0;
  Matrix d_covariance;
  auto evaluate = [&](const Vector& x, Vector& gradient) {
    coordinates.unpack(x, v);
    const double f = likelihood.value(v, residuals, nullptr, &d_log_s2, &d_covariance);
    gradient = coordinates.pack(d_log_s2, 2.0 * d_covariance * v.factor);
    return f;
  };
  Vector x = coordinates.pack(v.log_s2, v.factor), gradient, trial_gradient;
  double f = size > 0 ? evaluate(x, gradient) : 0.0;
  for (int opening = 0; size > 0 && opening < 4; ++opening) {
    Matrix inverse = Matrix::Identity(size, size);
    bool fresh = true;
    for (int step = 0; step < options.max_iter && monitor.keep_going(); ++step) {
      if (gradient.cwiseAbs().maxCoeff() <= options.gradient_tol) break;
      Vector direction = -inverse * gradient;
      double slope = direction.dot(gradient);
      if (!(slope < 0.0)) {
        inverse.setIdentity();
        fresh = true;
        direction = -gradient;
        slope = -gradient.squaredNorm();
      }
      double t = std::min(1.0, 2.0 / direction.cwiseAbs().maxCoeff()), trial = f;
      Vector next;
      bool accepted = false;
      for (int halving = 0; halving < 40 && !accepted; ++halving, t *= accepted ? 1.0 : 0.5) {
        next = x + t * direction;
        trial = evaluate(next, trial_gradient);
        accepted = trial <= f + 1e-4 * t * slope;
      }
      if (!accepted) {
        if (fresh) break;
        inverse.setIdentity();
        fresh = true;
        continue;
      }
      const Vector s = next - x, y = trial_gradient - gradient;
      const double sy = s.dot(y);
      if (sy > 1e-10 * s.norm() * y.norm()) {
        if (fresh) inverse *= sy / y.squaredNorm();
        const Vector hy = inverse * y;
        inverse += ((1.0 + y.dot(hy) / sy) / sy) * s * s.transpose() - (hy * s.transpose() + s * hy.transpose()) / sy;
        fresh = false;
      }
      x = next;
      f = trial;
      gradient = trial_gradient;
    }
    f = evaluate(x, gradient);
    if (q == 0) break;
    // The derivative in L L' must not be negative in any direction.
    const SymmetricEigen eigen(d_covariance);
    if (eigen.values()[0] >= -1e-7) break;
    const Matrix covariance = v.factor * v.factor.transpose();
    const Vector u = eigen.vectors().col(0);
    bool opened = false;
    for (double size_of = 1.0; size_of > 1e-6 && !opened; size_of *= 0.25) {
      v.factor = semidefinite_cholesky(covariance + size_of * u * u.transpose());
      const Vector next = coordinates.pack(v.log_s2, v.factor);
      const double trial = evaluate(next, trial_gradient);
      opened = trial < f;
      if (opened) {
        x = next;
        f = trial;
        gradient = trial_gradient;
      }
    }
    if (!opened) break;
  }
  if (size > 0) coordinates.unpack(x, v);
  if (options.fit_degrees) {
    Vector quadratic;
    likelihood.value(v, residuals, &quadratic);
    fit_degrees(likelihood, quadratic, options, v);
  }
  return v;
}

}  // namespace pauca::mixed
