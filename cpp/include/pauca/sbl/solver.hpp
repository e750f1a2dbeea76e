#pragma once

#include <vector>

#include "pauca/core/monitor.hpp"
#include "pauca/sbl/hyperparameters.hpp"
#include "pauca/sbl/posterior.hpp"

namespace pauca::sbl {

/// How the noise variance is learned: by EM, s2 <- (|Y - H mean|^2 / L + s2 sum Z) / M, or with the majoriser of
/// step_mm, s2 <- sqrt(|Y - H mean|^2 / L / trace Sigma_y^-1).
enum class NoiseStep { known, em, mm };

struct Options {
  Method method = Method::mm;
  NoiseStep noise = NoiseStep::em;
  double noise_variance = 0.0;  ///< if known
  Index n_inner = 1;            ///< sweeps of step_am
  double inner_tol = 1e-5;
  std::vector<double>
      prune;  ///< a mode's atoms below this share of its largest g are dropped; 0: none, negative: by noise
  std::vector<double> coupling;       ///< beta of every mode
  bool variance = true;               ///< return the posterior variances
  bool abandon_when_stopped = false;  ///< a stop that is no time limit comes from a signal: results are not wanted
};

struct Solution {
  Tensor mean;                ///< (L, n_1, ..., n_I)
  Buffer variance;            ///< (n_1, ..., n_I)
  std::vector<Vector> gamma;  ///< zero where pruned
  double noise_variance = 0.0;
  std::vector<Index> active_path;  ///< atoms left at every value of the objective path
  Report report;                   ///< the objective is the type-II cost
};

/// Type-II maximum likelihood: E-step by Posterior, M-step by Hyperparameters, pruning, until G moves by less than tol.
///
/// Factors and data are scaled first (|H_i|_F^2 = n_i, mean |y|^2 = 1) and G starts at the constant that explains
/// the energy above the noise, so that neither the path nor the result depends on units.
class Solver {
 public:
  Solver(std::vector<Planes> factors, const Options& options, const Settings& settings);

  /// y: (L, m_1, ..., m_I). `next_iteration` sees the progress after every E-step; false from it or from `go` stops,
  /// and `abandoned` then tells whether to leave with an empty solution.
  Solution solve(Tensor y, Index n_snapshots, const std::function<bool(const Progress&)>& next_iteration,
                 const KeepGoing& go, const std::function<bool()>& abandoned) const;

 private:
  std::vector<Planes> factors_;  // scaled
  std::vector<double> scales_;
  Index rows_ = 1, atoms_ = 1;
  Options options_;
  Settings settings_;
};

Solution solve(std::vector<Planes> factors, Tensor y, Index n_snapshots, const Options& options,
               const Settings& settings, Monitor& monitor);

/// Independent problems over the same factors, spread over threads; y[b]: (L, m_1, ..., m_I). Problems that a time
/// limit cuts short stay empty.
std::vector<Solution> solve_batch(std::vector<Planes> factors, const std::vector<Tensor>& y, Index n_snapshots,
                                  const Options& options, const Settings& settings, int n_threads, Monitor& monitor);

}  // namespace pauca::sbl
