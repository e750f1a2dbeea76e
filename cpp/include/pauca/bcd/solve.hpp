#pragma once

#include <string>
#include <vector>

#include "pauca/bcd/problem.hpp"

namespace pauca::bcd {

/// Solver<P>::solve for the separable penalty of this name: what bindings and C++ programs call.
Solution solve(const Problem& problem, const std::string& penalty, const std::vector<double>& shape,
               const Options& options, const Settings& settings, const Start& start, Monitor& monitor);

/// Solver<P>::path for the separable penalty of this name.
Path solve_path(const Problem& problem, const std::string& penalty, const std::vector<double>& shape,
                const Options& options, const std::vector<double>& alphas, const Settings& settings, Monitor& monitor);

/// Solver<P>::null_model for the separable penalty of this name.
NullModel null_model(const Problem& problem, const std::string& penalty, const std::vector<double>& shape,
                     Monitor& monitor);

}  // namespace pauca::bcd
