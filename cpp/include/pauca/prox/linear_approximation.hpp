#pragma once

#include <string>
#include <vector>

#include "pauca/bcd/problem.hpp"

namespace pauca::prox {

/// Local linear approximation (Zou and Li 2008): weighted lasso fits with weights p'(|w_j|) of the fit before, each by
/// bcd::Solver. `steps` fits, or, if 0, as many as lead to a stationary point of the penalised problem.
bcd::Solution linear_approximation(const bcd::Problem& problem, const std::string& penalty,
                                   const std::vector<double>& shape, Index steps, const bcd::Options& options,
                                   const Settings& settings, const bcd::Start& start, Monitor& monitor);

}  // namespace pauca::prox
