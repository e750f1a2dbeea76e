#pragma once

#include "pauca/core/types.hpp"

namespace pauca {

/// A = V diag(values) V' of a symmetric matrix, values ascending. Only the lower triangle is read.
///
/// Compiled once: Eigen's solver costs every unit that names it some ten seconds.
class SymmetricEigen {
 public:
  enum class Vectors { wanted, not_wanted };

  explicit SymmetricEigen(const Matrix& a, Vectors vectors = Vectors::wanted);

  const Vector& values() const { return values_; }
  /// Columns; empty if they were not wanted.
  const Matrix& vectors() const { return vectors_; }

 private:
  Vector values_;
  Matrix vectors_;
};

}  // namespace pauca
