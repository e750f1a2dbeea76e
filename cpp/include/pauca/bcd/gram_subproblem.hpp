#pragma once

#include "pauca/bcd/subproblem.hpp"
#include "pauca/bcd/support_factor.hpp"

namespace pauca::bcd {

/// The subproblem through K = X_W' H X_W: a coordinate step costs |W|, the block Newton step a factor of K on the
/// support.
///
/// K grows by the new columns only, as long as the curvature stays. The engine of choice for dense designs.
template <class P>
class GramSubproblem final : public Subproblem<P> {
 public:
  GramSubproblem(const Design& design, const Separable<P>& penalty, bool center)
      : Subproblem<P>(design, penalty, center), gram_(design, center) {}

  const char* name() const override { return "gram"; }
  double mean(Index j) const override { return gram_.mean(j); }
  void set_curvature(const Curvature& h) override {
    gram_.reset(h);
    factor_.reset();
    ++models_;
  }
  void solve(const std::vector<Index>& working, Vector& w, const Vector& u, const Vector& gradient, double target,
             Monitor& monitor) override;

 private:
  bool sweep();
  double violation() const;
  Index nonzeros() const;
  bool newton_step(Monitor& monitor);

  WorkingGram gram_;
  int models_ = 0;  // curvatures seen: one if the loss is quadratic
  Vector w_, g_;    // coefficients and gradient on the Gram's columns
  SupportFactor factor_;
  std::vector<Index> active_, support_;  // rows of the Gram: the working set, its nonzero part
};

}  // namespace pauca::bcd

#include "pauca/bcd/gram_subproblem.ipp"
