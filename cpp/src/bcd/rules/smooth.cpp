#include "pauca/bcd/rules/smooth.hpp"

#include <algorithm>
#include <numeric>

#include "pauca/core/rng.hpp"

namespace pauca::bcd::rules {

Block everything(Index n) {
  Block all(n);
  std::iota(all.begin(), all.end(), Index{0});
  return all;
}

Vector gershgorin(Smooth& f, const Block& rows, const Block& columns) {
  constexpr std::size_t panel = 64;
  Vector sums = Vector::Zero(static_cast<Index>(rows.size()));
  Matrix h;
  for (std::size_t k = 0; k < columns.size(); k += panel) {
    const Block some(columns.begin() + static_cast<std::ptrdiff_t>(k),
                     columns.begin() + static_cast<std::ptrdiff_t>(std::min(columns.size(), k + panel)));
    f.bound(rows, some, h);
    sums += h.cwiseAbs().rowwise().sum();
  }
  return sums;
}

Vector Smooth::bound_row_sums() {
  const Block all = everything(size());
  return gershgorin(*this, all, all);
}

double largest_eigenvalue(Smooth& f, Monitor& monitor) {
  const Block all = everything(f.size());
  Rng rng(0);
  Vector v(f.size()), hv;
  for (Index i = 0; i < v.size(); ++i) v[i] = rng.normal();
  double last = 0.0;
  for (int k = 0; k < 1000 && monitor.keep_going(); ++k) {
    const double norm = v.norm();
    if (norm == 0.0) return 0.0;
    v /= norm;
    f.bound_times(all, v, hv);
    const double now = v.dot(hv);
    v.swap(hv);
    if (std::abs(now - last) <= 1e-6 * now) {
      last = now;
      break;
    }
    last = now;
  }
  return 1.001 * last;
}

}  // namespace pauca::bcd::rules
