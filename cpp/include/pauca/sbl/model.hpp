#pragma once

#include <vector>

#include "pauca/kron/tensor.hpp"

namespace pauca::sbl {

using kron::Buffer;
using kron::Planes;
using kron::Tensor;

/// Y = (H_1 (x) ... (x) H_I) X + E, reduced to what the posterior needs: atoms that were pruned are left out, and a
/// factor with more rows than columns is replaced by the R of its QR factorisation. What Y holds outside the range of
/// the factors enters the cost and the noise estimate through its energy alone.
class Model {
 public:
  /// y: (L, m_1, ..., m_I).
  Model(std::vector<Planes> factors, Tensor y, Index n_snapshots);

  const std::vector<Planes>& factors() const { return factors_; }
  const Tensor& y() const { return y_; }
  Index n_snapshots() const { return n_snapshots_; }
  Index n_modes() const { return static_cast<Index>(factors_.size()); }
  Index rows() const { return rows_; }                ///< M, before any reduction
  Index atoms() const { return atoms_; }              ///< N, pruned atoms left out
  double outside_energy() const { return outside_; }  ///< squared norm of Y outside the range
  const std::vector<Index>& active(Index i) const { return active_[static_cast<std::size_t>(i)]; }

  /// Keeps these (positions of) atoms of factor i; call `reduce` when all factors are done.
  void keep(Index i, const std::vector<Index>& positions);
  /// QR of the factors that have become tall. Returns which factors changed their rows.
  std::vector<bool> reduce();

 private:
  std::vector<Planes> factors_;
  Tensor y_;
  Index n_snapshots_, rows_ = 1, atoms_ = 1;
  double outside_ = 0.0;
  std::vector<std::vector<Index>> active_;
};

}  // namespace pauca::sbl
