#pragma once

#include <vector>

#include "pauca/kron/tensor.hpp"

namespace pauca::sbl {

/// sums_i[a] = sum of t[.., a, ..] prod_{k != i} w_k for i = 1, ..., I in turn, where the w of modes already visited
/// may have changed meanwhile: two passes over t in all.
class ModeSums {
 public:
  void begin(const kron::Buffer& t, const std::vector<Vector>& w);
  void sums(Index mode, Vector& out) const;
  /// Mode `mode` is done and has this weight from now on.
  void advance(const Vector& w);

 private:
  const kron::Buffer* t_ = nullptr;
  std::vector<kron::Buffer> right_;  // right_[i]: t contracted over the modes after i; the last is t itself
  kron::Buffer lead_, next_;         // weights of the modes before
};

/// Power of a mode's atoms that neighbours share: g_i = C gamma_i with C tridiagonal, 1 on and beta off the diagonal
/// (beta = 0 leaves the mode alone). Pruned atoms drop out of C, so that neighbours are neighbours by original index.
struct Coupling {
  double beta = 0.0;
  std::vector<Index> position;

  Vector times(const Vector& gamma) const;
};

enum class Method { mm, am, svd };

/// The hyperparameters of every mode, and one M-step on the whitened moments of Posterior.
class Hyperparameters {
 public:
  Hyperparameters(const std::vector<Index>& sizes, double level, const std::vector<double>& beta);

  const std::vector<Vector>& g() const { return g_; }

  /// |xt|^2 and Z: g_i(a) <- g_i(a) sqrt(sum |xt|^2 prod 1/rho_k / sum Z prod rho_k), rho_k the ratio of new to old g
  /// in the other modes. Majorises the concave log det by its tangent: the cost never rises.
  void step_mm(const kron::Buffer& power, const kron::Buffer& shrink);
  /// |xt|^2 + R: g_i(a) <- g_i(a) n_i / N sum (|xt|^2 + R) prod 1/rho_k, up to `n_inner` sweeps: (generalised) EM.
  void step_am(kron::Buffer& moment, Index n_inner, double inner_tol);
  /// Nested rank-one approximation of the unstructured EM update G (|xt|^2 + R).
  void step_svd(kron::Buffer& moment);

  /// |G - G_old|^2 / |G_old|^2 of the last step.
  double relative_change() const;
  /// |g_i| = 1 but for the last mode, which carries the scale.
  void gauge();
  /// Positions to keep in this mode: g_i >= level max g_i.
  std::vector<Index> survivors(Index mode, double level) const;
  void keep(Index mode, const std::vector<Index>& positions);

 private:
  void start_step();
  void set_ratio(std::size_t i, Vector ratio);
  void refresh(std::size_t i);

  std::vector<Vector> gamma_, g_, old_, rho_, inverse_rho_;
  std::vector<Coupling> coupling_;
  ModeSums sums_, other_sums_;
};

}  // namespace pauca::sbl
