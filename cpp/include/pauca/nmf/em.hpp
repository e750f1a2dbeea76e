#pragma once

#include "pauca/core/monitor.hpp"
#include "pauca/nmf/counts.hpp"

namespace pauca::nmf {

struct EmOptions {
  double smoothing = 0.0;   ///< Dirichlet pseudo-count added to every T update
  bool accelerate = false;  ///< SQUAREM extrapolation of pairs of rounds
  int n_threads = 1;
};

/// Maximum likelihood of multinomial counts, L = sum C log(A T): probabilistic latent semantic analysis.
///
/// One round is R = C / (A T), A <- A * (R T') and T <- T * (A_old' R) + smoothing, renormalised; L never decreases.
class ExpectationMaximisation {
 public:
  ExpectationMaximisation(const CountTable& counts, const EmOptions& options);

  /// Rounds until L gains less than tol * total count in one round (ten are averaged), or max_iter.
  Report run(SimplexFactors& f, const Settings& settings, Monitor& monitor);
  /// Rounds (at most max_iter, possibly none) that raise the log-likelihood of `held_out`; f is left at the best.
  Index rounds_for(const CountTable& held_out, SimplexFactors& f, Index max_iter, Monitor& monitor);

 private:
  double round(const SimplexFactors& from, SimplexFactors& to, bool valued, Monitor& monitor);
  double extrapolate(const SimplexFactors& x0, const SimplexFactors& x1, const SimplexFactors& x2, SimplexFactors& out);

  const CountTable& counts_;
  EmOptions options_;
  double total_;
  std::vector<Matrix> chunks_;
};

/// sum C log(A T) over the stored entries.
double log_likelihood(const CountTable& counts, const SimplexFactors& f);

/// Keeps zeros of a start from being absorbing: max(A, 1e-4 / n_words), max(T, 1e-3 / K), renormalised.
void lift_zeros(SimplexFactors& f);

}  // namespace pauca::nmf
