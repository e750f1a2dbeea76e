#include "pauca/nmf/simplex_qp.hpp"

#include <algorithm>
#include <cmath>

namespace pauca::nmf {

SimplexQP::SimplexQP(Index k) : k_(k), gram_(k, k), factor_(k, k), z_(k), ones_(k), gradient_(k) {
  passive_.reserve(static_cast<std::size_t>(k));
}

void SimplexQP::set_gram(ConstMatrixRef gram) {
  scale_ = std::max(gram.diagonal().maxCoeff(), 1e-300);
  gram_ = gram.array() + scale_;
  gram_.diagonal().array() += 1e-13 * scale_;
}

/// z_ = minimiser with support in the passive set, mu_ its multiplier; false where the factor breaks down.
bool SimplexQP::minimise_on_passive(const double* b) {
  const Index n = static_cast<Index>(passive_.size());
  double zb = 0.0, zo = 0.0;
  // Cholesky of G_P by rows, forward substitution of b and 1 on the way.
  for (Index i = 0; i < n; ++i) {
    const Index gi = passive_[static_cast<std::size_t>(i)];
    for (Index j = 0; j <= i; ++j) {
      double s = gram_(gi, passive_[static_cast<std::size_t>(j)]);
      for (Index l = 0; l < j; ++l) s -= factor_(l, i) * factor_(l, j);
      if (j < i) {
        factor_(j, i) = s / factor_(j, j);
      } else {
        if (s <= 1e-15 * scale_) return false;
        factor_(i, i) = std::sqrt(s);
      }
    }
    double u = b[gi], v = 1.0;
    for (Index l = 0; l < i; ++l) {
      u -= factor_(l, i) * z_[l];
      v -= factor_(l, i) * ones_[l];
    }
    z_[i] = u / factor_(i, i);
    ones_[i] = v / factor_(i, i);
  }
  for (Index i = n - 1; i >= 0; --i) {
    for (Index l = i + 1; l < n; ++l) {
      z_[i] -= factor_(i, l) * z_[l];
      ones_[i] -= factor_(i, l) * ones_[l];
    }
    z_[i] /= factor_(i, i);
    ones_[i] /= factor_(i, i);
    zb += z_[i];
    zo += ones_[i];
  }
  mu_ = (zb - 1.0) / zo;
  for (Index i = 0; i < n; ++i) z_[i] -= mu_ * ones_[i];
  return true;
}

void SimplexQP::solve(const double* b, double* h, bool warm) {
  passive_.clear();
  if (warm) {
    for (Index k = 0; k < k_; ++k) {
      if (h[k] > 0.0) passive_.push_back(k);
    }
  }
  if (passive_.empty()) {
    Index best = 0;
    for (Index k = 1; k < k_; ++k) {
      if (0.5 * gram_(k, k) - b[k] < 0.5 * gram_(best, best) - b[best]) best = k;
    }
    std::fill(h, h + k_, 0.0);
    h[best] = 1.0;
    passive_.push_back(best);
  }
  double b_scale = scale_;
  for (Index k = 0; k < k_; ++k) b_scale = std::max(b_scale, std::abs(b[k]));
  const double tol = 1e-12 * b_scale;
  for (Index pass = 0; pass < 10 * k_ + 20; ++pass) {
    const Index n = static_cast<Index>(passive_.size());
    if (!minimise_on_passive(b)) {  // dependent vertices: the one added last is not needed
      h[passive_.back()] = 0.0;
      passive_.pop_back();
      double sum = 0.0;
      for (Index p : passive_) sum += h[p];
      if (sum > 0.0) {
        for (Index p : passive_) h[p] /= sum;
      }
      return;
    }
    double step = 1.0;
    for (Index i = 0; i < n; ++i) {
      const double now = h[passive_[static_cast<std::size_t>(i)]];
      if (z_[i] <= 0.0) step = std::min(step, now / (now - z_[i] + 1e-300));
    }
    if (step < 1.0 || z_.head(n).minCoeff() <= 0.0) {
      std::size_t kept = 0;
      bool dropped = false;
      for (Index i = 0; i < n; ++i) {
        const Index p = passive_[static_cast<std::size_t>(i)];
        h[p] += step * (z_[i] - h[p]);
        if (z_[i] <= 0.0 && h[p] <= 1e-15) {
          h[p] = 0.0;
          dropped = true;
        } else {
          passive_[kept++] = p;
        }
      }
      passive_.resize(kept);
      if (!dropped || passive_.empty()) return;
      continue;
    }
    for (Index i = 0; i < n; ++i) h[passive_[static_cast<std::size_t>(i)]] = z_[i];
    Index enter = -1;
    double most = tol;
    for (Index k = 0; k < k_; ++k) {
      if (h[k] > 0.0) continue;
      double g = b[k] - mu_;
      for (Index p : passive_) g -= gram_(p, k) * h[p];
      if (g > most) {
        most = g;
        enter = k;
      }
    }
    if (enter < 0) return;
    passive_.push_back(enter);
  }
}

void simplex_least_squares(ConstMatrixRef gram, ConstMatrixRef b, MatrixRef h, bool warm) {
  SimplexQP qp(gram.rows());
  qp.set_gram(gram);
  for (Index i = 0; i < b.cols(); ++i) qp.solve(b.col(i).data(), h.col(i).data(), warm);
}

}  // namespace pauca::nmf
