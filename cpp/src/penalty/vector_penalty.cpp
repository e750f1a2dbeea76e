#include "pauca/penalty/vector_penalty.hpp"

#include <cmath>

namespace pauca {

double VectorPenalty::critical(const Vector& gradient, double step) {
  const double scale = gradient.cwiseAbs().maxCoeff();
  if (!(scale > 0.0)) return 0.0;
  const Vector v = -step * gradient;
  Vector out;
  auto is_zero = [&](double alpha) {
    set_strength(alpha);
    prox(v, step, out);
    return (out.array() == 0.0).all();
  };
  double lo = 0.0, hi = scale;
  for (int k = 0; !is_zero(hi); ++k) {
    if (k == 40) return std::numeric_limits<double>::infinity();
    lo = hi;
    hi *= 2.0;
  }
  while (lo == 0.0 && hi > 1e-30 * scale) {
    if (!is_zero(0.5 * hi))
      lo = 0.5 * hi;
    else
      hi *= 0.5;
  }
  while (hi - lo > 1e-13 * hi) {
    const double middle = 0.5 * (lo + hi);
    if (middle <= lo || middle >= hi) break;
    (is_zero(middle) ? hi : lo) = middle;
  }
  return hi;
}

}  // namespace pauca
