#pragma once

#include <unordered_map>
#include <vector>

#include "pauca/prox/smooth.hpp"

namespace pauca::prox {

/// Local search over supports for f(w) + sum_j price_j 1[w_j != 0], or for a fixed number of nonzeros.
///
/// With H the Hessian at the point (exact for the quadratic loss), C = X'HX, A the support and Q the inverse of C_AA,
///   adding j      lowers f by  g_j^2 / (2 s_j),          s_j = C_jj - C_jA Q C_Aj
///   removing i    raises it by w_i^2 / (2 Q_ii)
///   an exchange   lowers it by g_ij^2 / (2 s_ij) - w_i^2 / (2 Q_ii),
///                 g_ij = g_j - w_i U_ji / Q_ii,  s_ij = s_j + U_ji^2 / Q_ii,  U = C_.A Q:
/// every pair at the cost of one product. The best move is made until there is none; then the least of the support are
/// dropped together and the search goes on from there, kept if it ends lower. What the model promises is accepted only
/// if the loss, fitted on the new support, agrees.
class SupportSearch {
 public:
  /// `n_nonzero` 0: prices decide. `prices` 0: never removed; infinite: never added.
  SupportSearch(const Problem& problem, Vector prices, Index n_nonzero, Monitor& monitor);

  /// Improves a point; `objective` is f there plus prices. False if nothing was found.
  bool improve(Smooth& f, Vector& w, double& objective);

 private:
  using Support = std::vector<Index>;
  struct Move {
    double gain = 0.0;
    Index in = -1, out = -1;  // out: position in the support
  };
  struct Fit {
    Support support;
    Vector w;            // on the support
    Vector gradient;     // everywhere
    Vector Q;            // diagonal of the inverse
    Matrix U;            // C_.A Q
    Vector s;            // Schur complements, 0 where nothing can be added
    double value = 0.0;  // model relative to w = 0, plus prices
  };

  bool expand(Smooth& f, const Vector& w, double at);
  bool columns(const Support& support);
  bool fit(Support support, Fit& out);
  Move best(const Fit& fit) const;
  bool climb(Fit& fit);
  Support resize(const Fit& fit, Index size, Index share) const;
  double total_price(const Support& support) const;

  const Problem& problem_;
  Vector prices_;
  Index n_nonzero_;
  Monitor& monitor_;
  Vector h_, mean_, square_, origin_;  // curvature, X'h, diagonal of C, gradient of the model at w = 0
  double total_ = 0.0, tolerance_ = 0.0;
  Matrix gram_;  // columns of C that were needed
  std::unordered_map<Index, Index> place_;
};

}  // namespace pauca::prox
