#pragma once

#include <vector>

#include "pauca/bcd/working_gram.hpp"

namespace pauca::bcd {

/// Solves (K_SS + diag(e)) x = r for supports S that change little from one call to the next.
///
/// The Cholesky factor of an earlier support is kept. New columns border it; columns that left, or whose e changed by
/// delta, are corrected for by the Woodbury identity
///
///   x = y - Z (diag(1/delta) + Z_D)^{-1} y_D,   y = A^{-1} r,  Z = A^{-1} E_D,
///
/// with 1/delta = 0 for those that left. Once they are many, the factor is computed anew.
class SupportFactor {
 public:
  /// Forgets the factor: needed whenever entries of K changed.
  void reset() {
    order_.clear();
    extra_.clear();
  }

  /// What solving for a support of this size is likely to cost, in sweeps over it.
  double cost(Index size) const {
    const Index known = static_cast<Index>(order_.size()), apart = known > size ? known - size : size - known;
    return 16 * apart <= size ? 2.0 : static_cast<double>(size) / 16.0;
  }

  /// `support`: rows of K; `extra`: e. x holds r and becomes the solution. False if a matrix is not positive definite
  /// or the monitor asks to stop.
  bool solve(const WorkingGram& gram, const std::vector<Index>& support, const Vector& extra, Vector& x,
             Monitor& monitor);

 private:
  bool append(const WorkingGram& gram, const std::vector<Index>& fresh, const std::vector<double>& extra,
              Monitor& monitor);

  Matrix factor_;             // capacity x capacity, the leading lower triangle in use
  std::vector<Index> order_;  // row of K of each row of the factor
  std::vector<double> extra_;
  std::vector<Index> place_;  // row of the factor of each row of K, or -1
};

}  // namespace pauca::bcd
