#include "pauca/dag/stepwise.hpp"

#include <cmath>

namespace pauca::dag {

Stepwise::Stepwise(Index n_variables)
    : v_(n_variables, 16), lower_(16, 16), z_(16), correlation_(n_variables), left_(n_variables), work_(16) {
  set_.reserve(static_cast<std::size_t>(n_variables));
}

void Stepwise::reserve(Index columns) {
  if (columns <= v_.cols()) return;
  const Index n = std::max(columns, 2 * v_.cols());
  v_.conservativeResize(v_.rows(), n);
  lower_.conservativeResize(n, n);
  z_.conservativeResize(n);
  work_.resize(n);
}

void Stepwise::start(const NodeMoments& moments, Index target) {
  moments_ = &moments;
  target_ = target;
  set_.clear();
  correlation_ = moments.correlation.col(target);
  left_.setOnes();
  rss_ = 1.0;
}

bool Stepwise::add(Index variable) {
  const Index m = size();
  const double pivot2 = left_[variable];
  if (!(pivot2 > collinear) || moments_->scale[variable] == 0.0) return false;
  reserve(m + 1);
  const double pivot = std::sqrt(pivot2);
  auto row = v_.col(m);
  row = moments_->correlation.col(variable);
  if (m > 0) {
    work_.head(m) = v_.row(variable).head(m).transpose();
    row.noalias() -= v_.leftCols(m) * work_.head(m);
    lower_.row(m).head(m) = work_.head(m).transpose();
  }
  row /= pivot;
  lower_(m, m) = pivot;
  z_[m] = correlation_[variable] / pivot;
  correlation_ -= z_[m] * row;
  left_.array() -= row.array().square();
  left_[variable] = 0.0;
  rss_ = std::max(rss_ - z_[m] * z_[m], 0.0);
  set_.push_back(static_cast<int>(variable));
  return true;
}

void Stepwise::remove(Index position) {
  // L without a row is lower Hessenberg; rotations of neighbouring columns make it triangular again, and turn V and z
  // with it. The last column, then zero on all of A, is what the variable explained: it goes back to the residuals.
  const Index m = size(), last = m - 1;
  for (Index i = position; i < last; ++i) {
    for (Index k = 0; k <= i + 1; ++k) l(i, k) = l(i + 1, k);
  }
  for (Index k = position; k < last; ++k) {
    const double a = l(k, k), b = l(k, k + 1), r = std::hypot(a, b), c = a / r, s = b / r;
    l(k, k) = r;
    for (Index i = k + 1; i < last; ++i) {
      const double x = l(i, k), y = l(i, k + 1);
      l(i, k) = c * x + s * y;
      l(i, k + 1) = c * y - s * x;
    }
    double* left = v_.col(k).data();
    double* right = v_.col(k + 1).data();
    for (Index i = 0; i < v_.rows(); ++i) {
      const double x = left[i], y = right[i];
      left[i] = c * x + s * y;
      right[i] = c * y - s * x;
    }
    const double x = z_[k], y = z_[k + 1];
    z_[k] = c * x + s * y;
    z_[k + 1] = c * y - s * x;
  }
  set_.erase(set_.begin() + position);
  for (int other : set_) v_(other, last) = 0.0;
  correlation_ += z_[last] * v_.col(last);
  left_.array() += v_.col(last).array().square();
  rss_ = std::min(rss_ + z_[last] * z_[last], 1.0);
}

void Stepwise::half_solve(const double* b, double* out) const {
  const Index m = size();
  for (Index i = 0; i < m; ++i) {
    double s = b[i];
    for (Index k = 0; k < i; ++k) s -= l(i, k) * out[k];
    out[i] = s / l(i, i);
  }
}

void Stepwise::half_multiply(const double* w, double* out) const {
  const Index m = size();
  for (Index k = 0; k < m; ++k) {
    double s = 0.0;
    for (Index i = k; i < m; ++i) s += l(i, k) * w[i];
    out[k] = s;
  }
}

void Stepwise::coefficients(const double* shift, double* out) const {
  for (Index k = size() - 1; k >= 0; --k) {
    double s = z_[k] - (shift ? shift[k] : 0.0);
    for (Index i = k + 1; i < size(); ++i) s -= l(i, k) * out[i];
    out[k] = s / l(k, k);
  }
}

void Stepwise::removal_costs(double* out) {
  // Leaving i out costs w_i^2 / (C_AA^{-1})_ii, and (C_AA^{-1})_ii = sum_k (L^{-1})_ki^2.
  const Index m = size();
  coefficients(nullptr, out);
  for (Index i = 0; i < m; ++i) {
    double total = 0.0;
    for (Index k = i; k < m; ++k) {
      double s = k == i ? 1.0 : 0.0;
      for (Index r = i; r < k; ++r) s -= l(k, r) * work_[r];
      work_[k] = s / l(k, k);
      total += work_[k] * work_[k];
    }
    out[i] = out[i] * out[i] / total;
  }
}

double Stepwise::rss_of(const double* coefficients) {
  residual_ = moments_->factor.col(target_);
  for (Index i = 0; i < size(); ++i) residual_ -= coefficients[i] * moments_->factor.col(set_[i]);
  return residual_.squaredNorm();
}

double Stepwise::refined_rss(double* coefficients) {
  const double first = rss_of(coefficients);
  const Index m = size();
  if (m == 0 || first > 1e-3) return first;
  for (Index i = 0; i < m; ++i) work_[i] = moments_->factor.col(set_[i]).dot(residual_);
  half_solve(work_.data(), work_.data());
  for (Index k = m - 1; k >= 0; --k) {
    double s = work_[k];
    for (Index i = k + 1; i < m; ++i) s -= l(i, k) * work_[i];
    work_[k] = s / l(k, k);
  }
  for (Index i = 0; i < m; ++i) coefficients[i] += work_[i];
  return rss_of(coefficients);
}

}  // namespace pauca::dag
