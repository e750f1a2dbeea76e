#pragma once

#include <algorithm>
#include <cmath>

#include "pauca/nmf/row_matrix.hpp"

namespace pauca::nmf {

/// min_{w >= 0} sum_j (s_j' w) - x_j log(h_j' w) + l1 sum w + l2/2 ||w||^2 for one row x of the data at a time.
///
/// The columns h_j with x_j > 0 are gathered once; sweeps of scalar Newton steps keep p_j = h_j' w up to date:
///   w_k <- max(0, w_k - g_k / c_k),  g_k = s_k + l1 + l2 w_k - sum_j x_j h_jk / p_j,
///   c_k = l2 + sum_j x_j h_jk^2 / p_j^2.
/// A result that is worse than the start is replaced by one multiplicative update, which never is.
template <class T>
class KlRows {
 public:
  KlRows(Index k, double l1, double l2) : k_(k), l1_(l1), l2_(l2), saved_(k), gradient_(k) {}

  struct Outcome {
    double objective = 0.0;  ///< sum_k s_k w_k - sum_j x_j log p_j + penalties, after
    double violation = 0.0;  ///< sum |projected gradient| before
    double change = 0.0;     ///< largest relative change of a coordinate
  };

  Outcome run(const typename RowMatrix<T>::Row& x, const T* right, Index stride, const Vector& sums, T* w,
              Index sweeps) {
    gather(x, right, stride);
    Outcome out;
    const double before = objective(sums, w);
    for (Index k = 0; k < k_; ++k) saved_[k] = w[k];
    for (Index s = 0; s < sweeps; ++s) sweep(sums, w, s == 0 ? &out : nullptr);
    refresh(w);
    out.objective = objective(sums, w);
    if (!(out.objective <= before)) {
      for (Index k = 0; k < k_; ++k) w[k] = saved_[k];
      refresh(w);
      multiplicative(sums, w);
      refresh(w);
      out.objective = objective(sums, w);
    }
    double scale = 0.0;
    for (Index k = 0; k < k_; ++k) {
      scale = std::max(scale, static_cast<double>(w[k]));
      out.change = std::max(out.change, static_cast<double>(std::abs(w[k] - saved_[k])));
    }
    out.change = scale > 0.0 ? out.change / scale : 0.0;
    return out;
  }

 private:
  using Array = Eigen::Array<T, Eigen::Dynamic, 1>;
  static constexpr T tiny = T(1e-30);

  void gather(const typename RowMatrix<T>::Row& x, const T* right, Index stride) {
    if (h_.rows() < x.n || h_.cols() < k_) {
      h_.resize(x.n, k_);
      x_.resize(x.n);
      p_.resize(x.n);
      ratio_.resize(x.n);
    }
    n_ = 0;
    for (Index e = 0; e < x.n; ++e) {
      if (!(x.values[e] > T(0))) continue;
      const T* column = right + (x.idx ? x.idx[e] : e) * stride;
      x_[n_] = x.values[e];
      for (Index k = 0; k < k_; ++k) h_(n_, k) = column[k];
      ++n_;
    }
    fresh_ = false;
  }

  void refresh(const T* w) {
    p_.head(n_).setConstant(tiny);
    for (Index k = 0; k < k_; ++k) {
      if (w[k] > T(0)) p_.head(n_) += w[k] * h_.col(k).head(n_);
    }
    fresh_ = true;
  }

  double objective(const Vector& sums, const T* w) {
    if (!fresh_) refresh(w);
    double value = 0.0;
    for (Index k = 0; k < k_; ++k) {
      const double v = static_cast<double>(w[k]);
      value += (sums[k] + l1_) * v + 0.5 * l2_ * v * v;
    }
    return value - static_cast<double>((x_.head(n_) * p_.head(n_).log()).sum());
  }

  void sweep(const Vector& sums, T* w, Outcome* first) {
    for (Index k = 0; k < k_; ++k) {
      const auto h = h_.col(k).head(n_);
      ratio_.head(n_) = h / p_.head(n_);
      const double g =
          sums[k] + l1_ + l2_ * static_cast<double>(w[k]) - static_cast<double>((x_.head(n_) * ratio_.head(n_)).sum());
      const double c = l2_ + static_cast<double>((x_.head(n_) * ratio_.head(n_).square()).sum());
      if (first) first->violation += w[k] > T(0) ? std::abs(g) : std::max(-g, 0.0);
      T now = T(0);
      if (c > 0.0) {
        // No entry with data may lose more than 95 % of its p_j: a Newton step down overshoots, and from p_j = 0
        // steps up are as small as p_j.
        double step = -g / c;
        const double steepest = static_cast<double>(ratio_.head(n_).maxCoeff());
        if (step < 0.0 && steepest > 0.0) step = std::max(step, -0.95 / steepest);
        now = static_cast<T>(std::max(static_cast<double>(w[k]) + step, 0.0));
      } else if (g <= 0.0) {
        continue;
      }
      if (now == w[k]) continue;
      p_.head(n_) = (p_.head(n_) + (now - w[k]) * h).max(tiny);
      w[k] = now;
    }
  }

  void multiplicative(const Vector& sums, T* w) {
    ratio_.head(n_) = x_.head(n_) / p_.head(n_);
    for (Index k = 0; k < k_; ++k) gradient_[k] = (ratio_.head(n_) * h_.col(k).head(n_)).sum();
    for (Index k = 0; k < k_; ++k) {
      const double below = sums[k] + l1_ + l2_ * static_cast<double>(w[k]);
      if (below > 0.0) w[k] = static_cast<T>(static_cast<double>(w[k]) * static_cast<double>(gradient_[k]) / below);
    }
  }

  Index k_, n_ = 0;
  double l1_, l2_;
  bool fresh_ = false;
  Eigen::Array<T, Eigen::Dynamic, Eigen::Dynamic> h_;
  Array x_, p_, ratio_, saved_, gradient_;
};

}  // namespace pauca::nmf
