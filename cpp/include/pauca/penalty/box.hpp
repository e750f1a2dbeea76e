#pragma once

#include <string>
#include <vector>

#include "pauca/core/errors.hpp"
#include "pauca/penalty/separable.hpp"

namespace pauca {

/// The indicator of lower_j <= w_j <= upper_j. Shape: (lower, upper) for all features, or all lower bounds and then
/// all upper ones.
struct Box {
  static constexpr const char* name = "box";
  static constexpr bool convex = true;
  static constexpr bool homogeneous = true;
  static constexpr bool infinite_slope = false;
  static constexpr bool splits = false;

  std::vector<double> bounds;

  explicit Box(const std::vector<double>& shape) : bounds(shape) {
    require(bounds.size() >= 2 && bounds.size() % 2 == 0, "Box: expected as many lower as upper bounds");
    for (std::size_t j = 0; j < bounds.size() / 2; ++j)
      require(bounds[j] <= bounds[j + bounds.size() / 2], "Box: a lower bound exceeds its upper bound");
  }
  double lower(Index j) const { return bounds.size() == 2 ? bounds[0] : bounds[j]; }
  double upper(Index j) const { return bounds.size() == 2 ? bounds[1] : bounds[j + bounds.size() / 2]; }
  double derivative(double, double) const { return 0.0; }
};

/// Not a function of |w|, so that it is separable in its own way; strength and weights do not act on it.
template <>
class Separable<Box> {
 public:
  Separable(Box p, const PenaltySettings& s) : p_(std::move(p)), s_(s) {}

  double lambda(Index) const { return 0.0; }
  double ridge(Index) const { return 0.0; }
  bool nonnegative() const { return false; }
  const Box& scalar() const { return p_; }

  double value(Index j, double w) const {
    return w < lower(j) || w > p_.upper(j) ? std::numeric_limits<double>::infinity() : 0.0;
  }
  double prox(Index j, double v, double) const { return v < lower(j) ? lower(j) : (v > p_.upper(j) ? p_.upper(j) : v); }
  double slope(Index, double) const { return 0.0; }
  double curvature(Index, double) const { return 0.0; }
  double concavity(Index) const { return 0.0; }
  double zero_limit(Index) const { return 0.0; }
  double critical(Index j, double gradient) const { return violation(j, 0.0, gradient); }
  double violation(Index j, double w, double gradient) const {
    double v = std::abs(gradient);
    if (gradient > 0.0 && w <= lower(j)) v = 0.0;
    if (gradient < 0.0 && w >= p_.upper(j)) v = 0.0;
    return v;
  }
  bool stays_zero(Index, double) const { return false; }
  bool smooth_at(Index j, double w) const { return w > lower(j) && w < p_.upper(j); }
  double keep_piece(Index j, double, double next) const { return prox(j, next, 1.0); }

 private:
  double lower(Index j) const { return s_.nonnegative ? std::max(p_.lower(j), 0.0) : p_.lower(j); }

  Box p_;
  PenaltySettings s_;
};

}  // namespace pauca
