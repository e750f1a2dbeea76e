#pragma once

#include <memory>
#include <string>
#include <vector>

#include "pauca/penalty/vector_penalty.hpp"

namespace pauca {

/// A scalar penalty of the singular values of w read as a (rows, cols) matrix in C order: nuclear norm with L1, and
/// singular-value MCP and SCAD. `inner` is the name of the scalar penalty.
std::unique_ptr<VectorPenalty> make_spectral(const std::string& inner, const std::vector<double>& shape, Index rows,
                                             Index cols);

}  // namespace pauca
