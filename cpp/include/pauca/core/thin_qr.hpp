#pragma once

#include "pauca/core/types.hpp"

namespace pauca {

/// A = Q R with orthonormal columns Q and R's diagonal non-negative, which makes both unique where A has full rank;
/// Q spans the columns of A whatever their scale. A has at least as many rows as columns.
void thin_qr(const Matrix& a, Matrix& q, Matrix& r);
void thin_qr(const Eigen::MatrixXcd& a, Eigen::MatrixXcd& q, Eigen::MatrixXcd& r);

/// Q alone.
Matrix orthonormal_basis(const Matrix& a);

}  // namespace pauca
