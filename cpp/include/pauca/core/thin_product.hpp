#pragma once

#include "pauca/core/types.hpp"

namespace pauca {

/// Products of a column-major matrix X (n, p) with a few columns at a time, straight from where X lies: a general
/// matrix product spends more on packing X than on multiplying.
inline constexpr Index thin_width = 32;  ///< columns up to which these are the faster ones

/// Z += X D
void thin_multiply(ConstMatrixRef x, ConstMatrixRef d, MatrixRef z);
/// G += X'U
void thin_transpose_multiply(ConstMatrixRef x, ConstMatrixRef u, MatrixRef g);

}  // namespace pauca
