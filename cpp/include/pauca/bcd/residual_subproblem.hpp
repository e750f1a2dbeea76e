#pragma once

#include "pauca/bcd/subproblem.hpp"

namespace pauca::bcd {

/// The subproblem through v = u + H X d, kept up to date: a coordinate step costs the entries of its column, the
/// block Newton step is solved by conjugate gradients on X_S' H X_S without forming it. For sparse designs, and for
/// working sets too large for a Gram.
template <class P>
class ResidualSubproblem final : public Subproblem<P> {
 public:
  using Subproblem<P>::Subproblem;

  const char* name() const override { return "residual"; }
  double mean(Index j) const override { return this->center_ ? means_[j] : 0.0; }
  void set_curvature(const Curvature& h) override;
  void solve(const std::vector<Index>& working, Vector& w, const Vector& u, const Vector& gradient, double target,
             Monitor& monitor) override;

  /// How long sweeps go on: until the violation is at most `target`, or falls by less than `slowest` a sweep.
  struct Pace {
    double target;
    int most;
    double slowest;
  };
  /// What they achieved: the violation met in the last one, and its factor a sweep, zero if there were too few to tell.
  struct Progress {
    double worst = 0.0, rate = 0.0;
    int sweeps = 0;
  };
  /// Cyclic sweeps, the first over `working`, the others over what it left nonzero.
  Progress relax(std::vector<Index> working, Vector& w, const Vector& u, const Pace& pace, Monitor& monitor);

 private:
  void include(Index j);
  double gradient_at(Index j) const { return this->design_.dot(j, v_.data()) - shift_ * h_sum_ * this->mean(j); }
  void move(Index j, double d);
  bool sweep(const std::vector<Index>& working, Vector& w, double& worst, Monitor& monitor);
  bool newton_step(const std::vector<Index>& working, Vector& w, double forcing, Monitor& monitor);
  void apply(const std::vector<Index>& support, const Vector& p, Vector& predictor) const;
  void apply_curvature(Vector& predictor) const;

  Curvature h_;
  double h_sum_ = 0.0;
  Vector v_;  // the gradient in the predictor is v - shift h
  double shift_ = 0.0;
  Vector means_, ones_;
  Vector curvatures_;  // x_j' H x_j of the (centred) column; negative: not computed yet
  std::vector<Index> known_;
};

}  // namespace pauca::bcd

#include "pauca/bcd/residual_subproblem.ipp"
