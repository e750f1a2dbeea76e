#pragma once

#include "pauca/bcd/subproblem.hpp"
#include "pauca/core/cholesky.hpp"

namespace pauca::bcd {

/// The subproblem through K = X_W' H X_W: a coordinate step costs |W|, the block Newton step one Cholesky.
///
/// K grows by the new columns only, as long as the curvature stays. The engine of choice for dense designs.
template <class P>
class GramSubproblem final : public Subproblem<P> {
 public:
  using Subproblem<P>::Subproblem;

  const char* name() const override { return "gram"; }
  void set_curvature(const Curvature& h) override;
  void solve(const std::vector<Index>& working, Vector& w, const Vector& u, const Vector& gradient, double target,
             Monitor& monitor) override;

 private:
  void include(const std::vector<Index>& working, Monitor& monitor);
  bool sweep();
  double violation() const;
  bool newton_step(Monitor& monitor);

  Curvature h_;
  double h_sum_ = 0.0;
  Matrix gram_;  // capacity x capacity, the leading size_ x size_ part in use
  Index size_ = 0;
  std::vector<Index> columns_;  // column of each row of gram_
  IndexVector position_;        // row of each column, -1 if absent
  Vector w_, g_;                // coefficients and gradient on columns_
  Matrix factor_;
  std::vector<Index> support_;
};

}  // namespace pauca::bcd

#include "pauca/bcd/gram_subproblem.ipp"
