#pragma once

#include <cmath>
#include <vector>

#include "pauca/core/errors.hpp"

namespace pauca {

/// Minimax concave penalty: p_l(a) = l a - a^2 / (2 gamma) for a <= gamma l, gamma l^2 / 2 beyond.
struct Mcp {
  static constexpr const char* name = "mcp";
  static constexpr bool convex = false;
  static constexpr bool homogeneous = false;
  static constexpr bool infinite_slope = false;
  static constexpr bool splits = true;

  double gamma;

  explicit Mcp(const std::vector<double>& shape) : gamma(shape.at(0)) {
    require(gamma > 0.0, "MCP: gamma must be positive");
  }

  double value(double a, double l) const {
    const double excess = l - a / gamma;  // p = gamma (l^2 - excess^2) / 2, written without its cancellation
    return excess > 0.0 ? 0.5 * a * (l + excess) : 0.5 * gamma * l * l;
  }
  double derivative(double a, double l) const { return a < gamma * l ? l - a / gamma : 0.0; }
  double curvature(double a, double l) const { return a < gamma * l ? -1.0 / gamma : 0.0; }
  double concavity(double) const { return 1.0 / gamma; }
  double critical(double z, double) const { return z; }

  /// Firm thresholding while t < gamma; from there on the subproblem is concave on [0, gamma l] and x jumps.
  double prox(double a, double l, double t) const {
    if (t >= gamma) return a <= l * std::sqrt(gamma * t) ? 0.0 : a;
    if (a <= t * l) return 0.0;
    if (a > gamma * l) return a;
    const double x = (a - t * l) / (1.0 - t / gamma);  // a quotient of rounding errors where t is nearly gamma
    return x < a ? x : a;
  }
};

}  // namespace pauca
