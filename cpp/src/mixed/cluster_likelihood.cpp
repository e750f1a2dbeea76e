#include "pauca/mixed/cluster_likelihood.hpp"

#include <Eigen/Cholesky>
#include <cmath>
#include <numbers>

#include "pauca/core/errors.hpp"
#include "pauca/core/symmetric_eigen.hpp"

namespace pauca::mixed {

namespace {

/// c(m, k) of a k-dimensional Student density: log Gamma(m/2) - log Gamma((m+k)/2) + k/2 log(pi m).
double log_normalizer(double m, double k) {
  return std::lgamma(0.5 * m) - std::lgamma(0.5 * (m + k)) + 0.5 * k * std::log(std::numbers::pi * m);
}

/// 2 c(m, k) + (m + k) log(1 + d / m), and its limit k log(2 pi) + d.
double radial(double m, double k, double d) {
  if (!(m < std::numeric_limits<double>::infinity())) return k * std::log(2.0 * std::numbers::pi) + d;
  return 2.0 * log_normalizer(m, k) + (m + k) * std::log1p(d / m);
}

}  // namespace

ClusterLikelihood::ClusterLikelihood(Matrix z, std::vector<Index> start) : z_(std::move(z)), start_(std::move(start)) {
  require(start_.size() >= 2 && start_.front() == 0 && start_.back() == z_.rows(), "start: expected 0, ..., rows");
  for (std::size_t i = 1; i < start_.size(); ++i) require(start_[i] > start_[i - 1], "start: expected increasing rows");
  gram_.resize(effects(), effects() * clusters());
  for (Index i = 0; i < clusters(); ++i) {
    const auto block = z_.middleRows(start_[i], start_[i + 1] - start_[i]);
    gram_.middleCols(i * effects(), effects()).noalias() = block.transpose() * block;
  }
}

Residuals ClusterLikelihood::summarize(ConstVectorRef residual) const {
  require(residual.size() == rows(), "residual: expected one number a row");
  Residuals r{Vector(clusters()), Matrix(effects(), clusters())};
  for (Index i = 0; i < clusters(); ++i) {
    const Index n = start_[i + 1] - start_[i];
    const auto part = residual.segment(start_[i], n);
    r.square[i] = part.squaredNorm() + Residuals::nugget * static_cast<double>(n);
    r.cross.col(i).noalias() = z_.middleRows(start_[i], n).transpose() * part;
  }
  return r;
}

double ClusterLikelihood::weight(Index i, const Variance& v, double quadratic) const {
  if (v.gaussian()) return 1.0;
  return (v.degrees + size(i)) / (v.degrees + quadratic * std::exp(-v.log_s2));
}

double ClusterLikelihood::value(const Variance& v, const Residuals& r, Vector* quadratic, double* d_log_s2,
                                Matrix* d_covariance) const {
  const Index q = effects();
  const Matrix& l = v.factor;
  const double s2 = std::exp(v.log_s2), n = static_cast<double>(rows());
  const bool derivatives = d_log_s2 != nullptr || d_covariance != nullptr;
  if (quadratic) quadratic->resize(clusters());
  Matrix m(q, q), gl(q, q), k(q, q), slope = Matrix::Zero(q, q);
  Vector t(q), u(q);
  Eigen::LLT<Matrix> llt(q);
  double total = 0.0, d_scale = 0.0;
  for (Index i = 0; i < clusters(); ++i) {
    double a = r.square[i], log_det = 0.0;
    if (q > 0) {
      gl.noalias() = gram(i) * l;
      m.noalias() = l.transpose() * gl;
      m.diagonal().array() += 1.0;
      llt.compute(m);
      t.noalias() = l.transpose() * r.cross.col(i);
      llt.matrixL().solveInPlace(t);
      a = std::max(a - t.squaredNorm(), Residuals::nugget * size(i));
      log_det = 2.0 * llt.matrixLLT().diagonal().array().log().sum();
    }
    const double size_i = size(i), d = a / s2;
    if (quadratic) (*quadratic)[i] = a;
    total += size_i * v.log_s2 + log_det + radial(v.degrees, size_i, d);
    if (!derivatives) continue;
    const double w = weight(i, v, a);
    d_scale += size_i - w * d;
    if (!d_covariance || q == 0) continue;
    // H = Z'V^-1 Z = G - (G L) M^-1 (G L)',  u = Z'V^-1 r = Z'r - (G L) M^-1 L'Z'r
    llt.matrixU().solveInPlace(t);
    u = r.cross.col(i);
    u.noalias() -= gl * t;
    k = gl.transpose();
    llt.matrixL().solveInPlace(k);
    slope += gram(i);
    slope.noalias() -= k.transpose() * k;
    slope.noalias() -= (w / s2) * (u * u.transpose());
  }
  if (d_log_s2) *d_log_s2 = 0.5 * d_scale / n;
  if (d_covariance) *d_covariance = slope * (0.5 / n);
  return 0.5 * total / n;
}

double ClusterLikelihood::radial_value(double log_s2, double degrees, const Vector& quadratic) const {
  const double s2 = std::exp(log_s2);
  double total = 0.0, last = -1.0, normalizer = 0.0;  // clusters often share their size
  const bool gaussian = !(degrees < std::numeric_limits<double>::infinity());
  for (Index i = 0; i < clusters(); ++i) {
    const double k = size(i), d = quadratic[i] / s2;
    if (gaussian) {
      total += k * (log_s2 + std::log(2.0 * std::numbers::pi)) + d;
      continue;
    }
    if (k != last) normalizer = log_normalizer(degrees, last = k);
    total += k * log_s2 + 2.0 * normalizer + (degrees + k) * std::log1p(d / degrees);
  }
  return 0.5 * total / static_cast<double>(rows());
}

void ClusterLikelihood::whiten(const Matrix& factor, ConstVectorRef scale, MatrixRef x) const {
  // Z L = U S W' gives V^{-1/2} = I - U (1 - (1 + S^2)^{-1/2}) U' = I - Z [L W c(S^2) W' L'] Z',
  // c(s) = (1 - (1 + s)^{-1/2}) / s with c(0) = 1/2, from the q x q matrix L'Z'Z L = W S^2 W'.
  const Index q = effects();
  Matrix basis, core(q, q), cross(q, x.cols());
  for (Index i = 0; i < clusters(); ++i) {
    const Index n = start_[i + 1] - start_[i];
    auto rows = x.middleRows(start_[i], n);
    if (q > 0) {
      const SymmetricEigen eigen(factor.transpose() * gram(i) * factor);
      basis = factor * eigen.vectors();
      const Vector c = eigen.values().unaryExpr([](double s) {
        s = std::max(s, 0.0);
        const double root = std::sqrt(1.0 + s);
        return 1.0 / (root * (root + 1.0));  // (1 - 1/root) / s without cancellation
      });
      core.noalias() = basis * c.asDiagonal() * basis.transpose();
      const auto z = z_.middleRows(start_[i], n);
      cross.noalias() = core * (z.transpose() * rows);
      rows.noalias() -= z * cross;
    }
    rows *= scale[i];
  }
}

Matrix ClusterLikelihood::effects(const Matrix& factor, const Residuals& r) const {
  Matrix out(effects(), clusters());
  for (Index i = 0; i < clusters(); ++i) {
    const Matrix m = Matrix::Identity(effects(), effects()) + factor.transpose() * gram(i) * factor;
    out.col(i) = factor * m.llt().solve(factor.transpose() * r.cross.col(i));
  }
  return out;
}

}  // namespace pauca::mixed
