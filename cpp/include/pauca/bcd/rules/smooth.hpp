#pragma once

#include <cmath>
#include <vector>

#include "pauca/core/errors.hpp"
#include "pauca/core/monitor.hpp"
#include "pauca/core/types.hpp"

namespace pauca::bcd::rules {

using Block = std::vector<Index>;

/// The smooth part f of F(x) = f(x) + g(x), with its state at the current point x.
///
/// A step is taken in three calls: `aim` fixes a block b and a displacement d, `probe(t)` gives f(x + t d) as often as
/// a line search likes, `step(t)` moves there. f has a fixed curvature bound H with f(x + d) <= f(x) + G'd + d'Hd / 2.
class Smooth {
 public:
  virtual ~Smooth() = default;

  Index size() const { return x_.size(); }
  const Vector& x() const { return x_; }
  /// f(x)
  double value() const { return value_; }
  virtual const char* name() const = 0;
  /// True if H is the Hessian of f.
  virtual bool is_quadratic() const = 0;

  /// Moves to x and recomputes everything; also removes the drift of the figures that steps update.
  virtual void reset(const Vector& x) = 0;
  /// The gradient at x, all of it.
  virtual const Vector& gradient() = 0;
  /// The gradient at x on one block.
  virtual void gradient(const Block& block, Vector& g) = 0;
  /// Coordinates whose gradient the last step changed, or null if it may be all of them.
  virtual const Block* changed() const { return nullptr; }
  /// Asks for cheap gradients of all coordinates after every step (Gram columns, row lists) where there are any.
  virtual void keep_gradient() {}

  virtual void aim(const Block& block, const Vector& d) = 0;
  virtual double probe(double t) = 0;
  virtual void step(double t) = 0;

  /// L_i = H_ii
  const Vector& lipschitz() const { return lipschitz_; }
  /// out = H(a, b)
  virtual void bound(const Block& a, const Block& b, Matrix& out) = 0;
  /// out = H d for d living on the block
  virtual void bound_times(const Block& block, const Vector& d, Vector& out) = 0;
  /// sum_j |H_ij| over all j, for every i
  virtual Vector bound_row_sums();
  /// out = the Hessian of f at x on the block
  virtual void hessian(const Block& block, Matrix& out) = 0;
  /// M with |D^3 f(x)[d, d, d]| <= M ||d||^3 for d on the block; infinite where f has no third derivative.
  virtual double third_bound(const Block& block) = 0;

  /// Replaces x_i by a number that differs from it by rounding only.
  void correct(Index i, double value) { x_[i] = value; }

  /// Polled within long products.
  void watch(Monitor& monitor) { monitor_ = &monitor; }

 protected:
  Monitor& monitor() { return *monitor_; }

  Vector x_, lipschitz_;
  double value_ = 0.0;

 private:
  Monitor quiet_;
  Monitor* monitor_ = &quiet_;
};

/// Sum over the row of |H_ij|, j in `columns`, for each i in `rows`: what Gershgorin's theorem bounds H by.
Vector gershgorin(Smooth& f, const Block& rows, const Block& columns);
/// Largest eigenvalue of H, by power iteration, a thousandth above what it converges to.
double largest_eigenvalue(Smooth& f, Monitor& monitor);
/// {0, ..., n - 1}
Block everything(Index n);

}  // namespace pauca::bcd::rules
