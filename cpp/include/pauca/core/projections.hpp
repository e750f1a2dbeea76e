#pragma once

#include <cmath>

#include "pauca/core/types.hpp"

namespace pauca {

/// The shift tau with sum_i max(v_i - tau, 0) = radius, by Michelot's finite iteration: drop the entries below the
/// shift of the remaining ones until none drops. Exact in at most n passes, a handful in practice; no storage.
template <class T>
double simplex_shift(const T* v, Index n, double radius) {
  if (n == 0) return 0.0;
  double sum = 0.0;
  for (Index i = 0; i < n; ++i) sum += static_cast<double>(v[i]);
  double tau = (sum - radius) / static_cast<double>(n);
  Index active = n;
  for (Index pass = 0; pass < n; ++pass) {
    double kept = 0.0;
    Index count = 0;
    for (Index i = 0; i < n; ++i) {
      const bool above = static_cast<double>(v[i]) > tau;
      kept += above ? static_cast<double>(v[i]) : 0.0;
      count += above;
    }
    if (count == 0 || count == active) break;
    active = count;
    tau = (kept - radius) / static_cast<double>(count);
  }
  return tau;
}

/// v <- argmin ||z - v|| over {z >= 0, sum z = radius}. A non-finite v is left for the caller's checks.
template <class T>
void project_simplex(T* v, Index n, double radius = 1.0) {
  const double tau = simplex_shift(v, n, radius);
  double sum = 0.0;
  for (Index i = 0; i < n; ++i) {
    v[i] = static_cast<T>(std::max(static_cast<double>(v[i]) - tau, 0.0));
    sum += static_cast<double>(v[i]);
  }
  // One ulp of tau may be large beside the radius: the sum is made exact again.
  if (sum > 0.0) {
    const double scale = radius / sum;
    for (Index i = 0; i < n; ++i) v[i] = static_cast<T>(static_cast<double>(v[i]) * scale);
  } else if (n > 0 && radius > 0.0) {
    Index best = 0;
    for (Index i = 1; i < n; ++i) best = v[i] > v[best] ? i : best;
    v[best] = static_cast<T>(radius);
  }
}

/// v <- argmin ||z - v|| over {sum |z| <= radius}: soft-thresholding at the simplex shift of |v|.
/// `magnitudes` is scratch of n entries.
template <class T>
void project_l1_ball(T* v, Index n, double radius, T* magnitudes) {
  double norm = 0.0;
  for (Index i = 0; i < n; ++i) {
    magnitudes[i] = std::abs(v[i]);
    norm += static_cast<double>(magnitudes[i]);
  }
  if (norm <= radius) return;
  const double tau = simplex_shift(magnitudes, n, radius);
  for (Index i = 0; i < n; ++i) {
    const double shrunk = std::max(static_cast<double>(magnitudes[i]) - tau, 0.0);
    v[i] = static_cast<T>(std::copysign(shrunk, static_cast<double>(v[i])));
  }
}

}  // namespace pauca
