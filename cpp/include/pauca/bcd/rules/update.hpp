#pragma once

#include <memory>
#include <string>

#include "pauca/bcd/rules/run.hpp"

namespace pauca::bcd::rules {

/// How the chosen block is updated.
///
///   gradient         d = argmin G'd + L_b ||d||^2 / 2 + g(x_b + d), that is -G / L_b where g = 0
///   diagonal         the same with d'D_b d in place of L_b ||d||^2
///   matrix           the same with d'H_b d: the exact minimiser over the block if f is quadratic
///   newton           d = -(Hessian of f at x)^-1 G, line search; g = 0
///   prox-newton      matrix with the Hessian at x, line search
///   cubic            argmin_d G'd + d'Bd / 2 + M_b ||d||^3 / 6 with the Hessian B at x; g = 0
///   backtracking     gradient, with L_b doubled until f(x + d) <= f(x) + G'd + L_b ||d||^2 / 2
///   two-metric       Newton on the coordinates free to move, scaled gradient on those held by a bound, projection
///                    (of L1: onto the orthant), backtracking
///   exact-group      matrix, for a group norm
///   message-passing  matrix, for a block of a graph whose edges form a forest, in linear time
class Update {
 public:
  virtual ~Update() = default;
  /// True if its step minimises a majoriser of F, so that F decreases without a look.
  virtual bool majorises() const { return true; }
  /// True if direction() is all there is to it.
  virtual bool is_direct() const { return true; }
  virtual void direction(Run& run, BlockModel& model, const Vector& x, const Vector& gradient, Vector& d) = 0;
  /// Leaves f aimed along d and returns the step length; x and gradient are on the block.
  virtual double propose(Run& run, BlockModel& model, const Vector& x, const Vector& gradient, Vector& d) {
    direction(run, model, x, gradient, d);
    run.f.aim(model.block(), d);
    return 1.0;
  }
};

std::unique_ptr<Update> make_update(const std::string& name, Diagonal diagonal, const Run& run);

/// d = argmin_d G'd + d'Bd / 2 + (M / 6) ||d||^3, by the secular equation ||(B + v I)^-1 G|| = 2 v / M.
void minimise_cubic(const Vector& gradient, Metric& b, double third, Vector& d);

}  // namespace pauca::bcd::rules
