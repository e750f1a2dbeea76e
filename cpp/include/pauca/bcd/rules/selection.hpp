#pragma once

#include <memory>
#include <string>

#include "pauca/bcd/rules/update.hpp"

namespace pauca::bcd::rules {

/// A block: one of the partition, or (id < 0) coordinates put together for this iteration, ascending.
struct Pick {
  Index id = -1;
  Block coordinates;
};

/// Which block is updated next. Fixed blocks: the one with the largest score. Variable blocks: the coordinates with the
/// largest scores. Equal scores go to the smallest index.
///
///   cyclic           in turn
///   permutation      in the order of a new random permutation every epoch
///   random           uniformly
///   lipschitz        with probability proportional to L_b (coordinates: L_i, without replacement)
///   gs, gs-s         norm of the smallest element of G_b + subdifferential of g; ||G_b|| where g = 0
///   gs-r             ||d_b||,  d = argmin G'd + d'Dd / 2 + g(x + d)
///   gsl-r            ||D^1/2 d_b||, which scaling a coordinate does not change
///   gs-q, gsl, gsd   the decrease -[G'd + d'Dd / 2 + g(x + d) - g(x)] of that model, G'D^-1 G / 2 where g = 0; D_i is
///                    L_i, L_b and sum_j |H_ij| in this order unless told otherwise
///   gsq              the decrease min_d G'd + d'H_b d / 2 + g(x_b + d), G'H_b^-1 G / 2 where g = 0. Variable blocks:
///                    the support after ten steps of iterative hard thresholding on min G'd + d'Hd / 2, ||d||_0 <= size
///   max-improvement  the true decrease of F by the update (quadratic f). Variable blocks: coordinates are added one by
///                    one, each with the largest gain (G + Hd)_i^2 / (2 s_i), s the Schur complement of those before
///   cubic            the decrease of the cubic model G'd + d'Bd / 2 + M ||d||^3 / 6 with the Hessian B at x
///   forest-gs, forest-gsl, forest-random  (graphs) coordinates by |G_i|, |G_i| / sqrt(L_i), at random, each taken
///                    unless it closes a cycle
class Selection {
 public:
  virtual ~Selection() = default;
  /// True if it looks at the gradient of all coordinates.
  virtual bool greedy() const { return true; }
  virtual void select(Run& run, Pick& pick) = 0;
};

/// `update` is what max-improvement asks; it must outlive the selection.
std::unique_ptr<Selection> make_selection(const std::string& name, Diagonal diagonal, Run& run, Update& update);

}  // namespace pauca::bcd::rules
