#pragma once

#include "pauca/kron/tensor.hpp"

namespace pauca::sbl {

using kron::Planes;

/// H diag(sqrt g) = U diag(s) V^H of one factor with no more rows than columns, by one-sided Jacobi rotations.
///
/// Rotations act on the columns of diag(sqrt g) H^H, so that small singular values keep their relative accuracy where
/// an eigendecomposition of the Gram matrix would lose half the digits. From one iteration to the next g moves little:
/// each call starts from the last U and takes two or three sweeps.
class FactorSvd {
 public:
  void compute(const Planes& factor, const Vector& sqrt_g);
  /// Forgets the last U: the factor has changed its rows.
  void forget() { fresh_ = 0; }

  const Planes& left() const { return left_; }          ///< U, m x m
  const Planes& right() const { return right_; }        ///< V, n x m: the right null space is left out
  const Vector& values() const { return values_; }      ///< s, m
  const Planes& right_power() const { return power_; }  ///< |V|^2, n x m
  /// |V|^2 and, in a last column, the mass of each coordinate in the null space: n x (m + 1), rows sum to one.
  const Planes& right_power_full();

 private:
  void sweep();

  int fresh_ = 0;         // calls until the next cold start
  bool rotated_ = false;  // whether the last sweep found angles that matter
  Matrix b_, j_;          // columns hold a real part above an imaginary part
  Matrix b2_, jre_, jim_;
  Planes left_, right_, power_, power_full_;
  Vector values_, norms_;
};

}  // namespace pauca::sbl
