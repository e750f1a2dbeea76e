#pragma once

#include "pauca/core/monitor.hpp"
#include "pauca/core/types.hpp"

namespace pauca {

/// Factors a = L L' in place: L in the lower triangle, the strict upper one untouched. Works panel by panel and polls
/// the monitor between them, so that a long factorization can be interrupted. False if a is not positive definite, or
/// if the monitor asked to stop.
bool cholesky_in_place(MatrixRef a, Monitor& monitor);

}  // namespace pauca
