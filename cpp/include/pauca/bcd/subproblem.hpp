#pragma once

#include <vector>

#include "pauca/bcd/working_gram.hpp"
#include "pauca/penalty/separable.hpp"

namespace pauca::bcd {

/// Minimises, over the coordinates of a working set W,
///
///   q(d) + g(w + d),   q(d) = u' X d + 1/2 d' X' H X d,
///
/// where X has its H-weighted column means removed if the model has an intercept (which is then exact throughout).
template <class P>
class Subproblem {
 public:
  Subproblem(const Design& design, const Separable<P>& penalty, bool center)
      : design_(design), penalty_(penalty), center_(center) {}
  virtual ~Subproblem() = default;

  /// Starts a model with this curvature; everything kept for the last one is dropped.
  virtual void set_curvature(const Curvature& h) = 0;

  /// Moves w on `working` until the KKT violation there is at most `target`. `u` is the gradient in the linear
  /// predictor and `gradient` = X'u, both at the w passed in.
  virtual void solve(const std::vector<Index>& working, Vector& w, const Vector& u, const Vector& gradient,
                     double target, Monitor& monitor) = 0;

  /// H-weighted mean of column j (0 without an intercept); valid for columns that were in a working set.
  virtual double mean(Index j) const = 0;
  virtual const char* name() const = 0;

 protected:
  const Design& design_;
  const Separable<P>& penalty_;
  bool center_;
};

/// When a block Newton step is tried: the sign pattern held for `calm` sweeps, or six sweeps went by.
class NewtonTrigger {
 public:
  explicit NewtonTrigger(int calm) : calm_(calm) {}
  bool after_sweep(bool pattern_changed) {
    ++sweeps_;
    stable_ = pattern_changed ? 0 : stable_ + 1;
    return stable_ >= calm_ || sweeps_ >= 6;
  }
  void reset() { sweeps_ = stable_ = 0; }

 private:
  int calm_, sweeps_ = 0, stable_ = 0;
};

/// Fraction of the step d from w to the first sign change, at most 1.
inline double first_sign_change(const Vector& w, const Vector& d) {
  double t = 1.0;
  for (Index k = 0; k < w.size(); ++k)
    if (w[k] * (w[k] + d[k]) < 0.0) t = std::min(t, -w[k] / d[k]);
  return t;
}

}  // namespace pauca::bcd
