#pragma once

#include "pauca/core/types.hpp"

namespace pauca {

/// A = U diag(s) V' with orthonormal columns and s descending; U and V have min(rows, cols) columns.
///
/// V of the Gram's eigenvectors makes the columns of A V orthogonal up to rounding in the largest; a sweep or two of
/// one-sided Jacobi rotations (Demmel and Veselic 1992) makes them so to the last digit of each, and their norms are s.
class ThinSvd {
 public:
  explicit ThinSvd(const Matrix& a);

  const Vector& values() const { return s_; }
  const Matrix& u() const { return u_; }
  const Matrix& v() const { return v_; }

 private:
  Vector s_;
  Matrix u_, v_;
};

}  // namespace pauca
