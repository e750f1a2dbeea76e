#include "pauca/screening/correlation.hpp"

#include <cmath>

namespace pauca::screening {

Correlation::Correlation(const Sample& y) : n_(y.n), levels_(y.levels) {
  if (y.discrete()) {
    code_.assign(y.code, y.code + y.n);
    return;
  }
  const Moments m = moments(y.value, y.n);
  if (!(m.sd > 0.0)) return;
  unit_.resize(static_cast<std::size_t>(n_));
  for (Index i = 0; i < n_; ++i) unit_[i] = (y.value[i] - m.mean) / (m.sd * std::sqrt(static_cast<double>(n_)));
}

double Correlation::score(const Sample& x, Scratch& scratch) const {
  const Moments m = moments(x.value, n_);
  if (!(m.sd > 0.0) || levels_ == 1) return 0.0;
  if (levels_ == 0) {
    if (unit_.empty()) return 0.0;
    const Eigen::Map<const Eigen::ArrayXd> v(x.value, n_), unit(unit_.data(), n_);
    const double r = ((v - m.mean) * unit).sum() / (m.sd * std::sqrt(static_cast<double>(n_)));
    return std::min(std::abs(r), 1.0);
  }
  scratch.a.assign(static_cast<std::size_t>(levels_), 0.0);
  scratch.b.assign(static_cast<std::size_t>(levels_), 0.0);
  for (Index i = 0; i < n_; ++i) {
    scratch.a[code_[i]] += (x.value[i] - m.mean) / m.sd;
    scratch.b[code_[i]] += 1.0;
  }
  double between = 0.0;
  for (int c = 0; c < levels_; ++c)
    if (scratch.b[c] > 0.0) between += scratch.a[c] * scratch.a[c] / scratch.b[c];
  return std::min(std::sqrt(between / static_cast<double>(n_)), 1.0);
}

}  // namespace pauca::screening
