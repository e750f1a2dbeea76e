#pragma once

namespace pauca {

/// a > b with NaN below every number: an order that sorts may rely on. A plain comparison is none once there is a NaN
/// (an iterate that overflowed), and std::sort may then run past its range.
inline bool exceeds(double a, double b) { return a > b || (b != b && a == a); }

/// By decreasing a, then by increasing index.
template <class I>
bool ranks_before(double a, I i, double b, I j) {
  return exceeds(a, b) || (!exceeds(b, a) && i < j);
}

}  // namespace pauca
