#pragma once

#include <functional>
#include <vector>

#include "pauca/sbl/factor_svd.hpp"
#include "pauca/sbl/model.hpp"

namespace pauca::sbl {

/// Asked between units of work; false abandons the computation.
using KeepGoing = std::function<bool()>;

/// The exact posterior of x given y under x ~ N(0, diag(g_1 (x) ... (x) g_I)) and white noise of variance s2.
///
/// With one SVD a factor, H_i diag(sqrt g_i) = U_i S_i V_i^H, the covariance of y is U (S^2 + s2) U^H with Kronecker
/// products U, S, and no matrix of size M or N appears:
///   T = y x_i U_i^H,   xt = [T s / (s^2 + s2)] x_i V_i,   mean = sqrt(G) xt
///   Z = [s^2 / (s^2 + s2)] x_i |V_i|^2,   R = [s2 / (s^2 + s2)] x_i |V_i|^2,   var = G R,   R + Z = 1
///   cost = L log det Sigma_y + sum_l y_l^H Sigma_y^-1 y_l
class Posterior {
 public:
  explicit Posterior(Index n_modes) : svd_(static_cast<std::size_t>(n_modes)) {}

  /// False if abandoned. `remaining` asks for R as well.
  bool compute(const Model& model, const std::vector<Vector>& g, double s2, bool remaining, const KeepGoing& go);
  void forget(Index mode) { svd_[static_cast<std::size_t>(mode)].forget(); }

  const Tensor& whitened() const { return mean_; }   ///< xt, (L, n_1, ..., n_I)
  const Buffer& power() const { return power_; }     ///< mean over snapshots of |xt|^2
  const Buffer& shrink() const { return z_.re; }     ///< Z
  const Buffer& remaining() const { return r_.re; }  ///< R

  double cost = 0.0;           ///< L log det Sigma_y + sum of y^H Sigma_y^-1 y
  double residual = 0.0;       ///< |Y - H mean|^2
  double freedom = 0.0;        ///< sum of Z: effective number of parameters
  double inverse_trace = 0.0;  ///< trace of Sigma_y^-1

 private:
  std::vector<FactorSvd> svd_;
  Tensor mean_, z_, r_, scratch_;
  Buffer lambda_, power_, buffer_;
};

}  // namespace pauca::sbl
