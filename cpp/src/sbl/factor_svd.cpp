#include "pauca/sbl/factor_svd.hpp"

#include <cmath>
#include <limits>

namespace pauca::sbl {
namespace {

constexpr int cold_every = 32;  // rotations add up rounding in U: start afresh now and then
constexpr int max_sweeps = 60;

// (p, q) <- (c p - w* q, w p + c q) with w = wr + i wi and c^2 + |w|^2 = 1, on columns that hold re above im.
void rotate(double* p, double* q, Index n, bool is_complex, double c, double wr, double wi) {
  double* __restrict pr = p;
  double* __restrict qr = q;
  if (!is_complex) {
    for (Index i = 0; i < n; ++i) {
      const double a = pr[i], b = qr[i];
      pr[i] = c * a - wr * b;
      qr[i] = wr * a + c * b;
    }
    return;
  }
  double* __restrict pi = p + n;
  double* __restrict qi = q + n;
  for (Index i = 0; i < n; ++i) {
    const double ar = pr[i], ai = pi[i], br = qr[i], bi = qi[i];
    pr[i] = c * ar - wr * br - wi * bi;
    pi[i] = c * ai - wr * bi + wi * br;
    qr[i] = wr * ar - wi * ai + c * br;
    qi[i] = wr * ai + wi * ar + c * bi;
  }
}

}  // namespace

void FactorSvd::compute(const Planes& h, const Vector& w) {
  const Index m = h.rows(), n = h.cols();
  const bool cx = h.is_complex();
  const Index planes = cx ? 2 : 1;
  if (--fresh_ < 0) {
    fresh_ = cold_every;
    j_.setZero(planes * m, m);
    j_.topRows(m).setIdentity();
    b_.resize(planes * n, m);
    b_.topRows(n).noalias() = w.asDiagonal() * h.re.transpose();
    if (cx) b_.bottomRows(n).noalias() = -(w.asDiagonal() * h.im.transpose());
  } else {
    // B = diag(w) H^H J
    b_.resize(planes * n, m);
    if (cx) {
      jre_ = j_.topRows(m), jim_ = j_.bottomRows(m);
      b_.topRows(n).noalias() = h.re.transpose() * jre_;
      b_.topRows(n).noalias() += h.im.transpose() * jim_;
      b_.bottomRows(n).noalias() = h.re.transpose() * jim_;
      b_.bottomRows(n).noalias() -= h.im.transpose() * jre_;
      b_.bottomRows(n).array().colwise() *= w.array();
    } else {
      b_.noalias() = h.re.transpose() * j_;
    }
    b_.topRows(n).array().colwise() *= w.array();
  }
  norms_.resize(m);
  int sweeps = 0;
  do {
    sweep();
  } while (rotated_ && ++sweeps < max_sweeps);

  values_.resize(m);
  right_.re.resize(n, m);
  right_.im.resize(cx ? n : 0, cx ? m : 0);
  for (Index k = 0; k < m; ++k) {
    const double s = b_.col(k).stableNorm();
    values_[k] = s;
    const double inverse = s > std::numeric_limits<double>::min() ? 1.0 / s : 0.0;
    right_.re.col(k) = b_.col(k).head(n) * inverse;
    if (cx) right_.im.col(k) = b_.col(k).tail(n) * inverse;
  }
  left_.re = j_.topRows(m);
  if (cx) left_.im = j_.bottomRows(m);
  if (!cx) left_.im.resize(0, 0);
  power_.re = right_.re.cwiseAbs2();
  if (cx) power_.re += right_.im.cwiseAbs2();
}

const Planes& FactorSvd::right_power_full() {
  const Index n = power_.re.rows(), m = power_.re.cols();
  power_full_.re.resize(n, m + 1);
  power_full_.re.leftCols(m) = power_.re;
  power_full_.re.col(m) = (1.0 - power_.re.rowwise().sum().array()).cwiseMax(0.0);
  return power_full_;
}

void FactorSvd::sweep() {
  const Index m = b_.cols();
  const bool cx = j_.rows() == 2 * m;
  const Index n = cx ? b_.rows() / 2 : b_.rows();
  const double tol = 8.0 * std::numeric_limits<double>::epsilon();
  // Convergence is quadratic: a sweep that found no angle above this leaves none above rounding.
  const double settled = 1e-10;
  rotated_ = false;
  const auto update = [&](double norm, double change, Index k) {
    return norm + change > 0.1 * norm ? norm + change : b_.col(k).squaredNorm();
  };
  norms_ = b_.colwise().squaredNorm();
  for (Index p = 0; p + 1 < m; ++p) {
    for (Index q = p + 1; q < m; ++q) {
      const double a = norms_[p], b = norms_[q];
      if (a == 0.0 || b == 0.0) continue;
      const double gr = b_.col(p).dot(b_.col(q));
      double gi = 0.0;
      if (cx) gi = b_.col(p).head(n).dot(b_.col(q).tail(n)) - b_.col(p).tail(n).dot(b_.col(q).head(n));
      const double g2 = gr * gr + gi * gi;
      if (g2 <= tol * tol * a * b) continue;
      // The rotation that makes the two columns orthogonal: tan = 2 |p* q| / (d + sign(d) h), in two square roots.
      const double d = b - a, h = std::sqrt(d * d + 4.0 * g2), size = std::abs(d);
      const double c = std::sqrt(0.5 + 0.5 * size / h);
      const double factor = (d >= 0.0 ? 1.0 : -1.0) / (h * c);
      rotate(b_.col(p).data(), b_.col(q).data(), n, cx, c, factor * gr, factor * gi);
      rotate(j_.col(p).data(), j_.col(q).data(), m, cx, c, factor * gr, factor * gi);
      const double moved = (d >= 0.0 ? 2.0 : -2.0) * g2 / (size + h);
      norms_[p] = update(a, -moved, p);
      norms_[q] = update(b, moved, q);
      if (g2 > settled * settled * a * b) rotated_ = true;
    }
  }
}

}  // namespace pauca::sbl
