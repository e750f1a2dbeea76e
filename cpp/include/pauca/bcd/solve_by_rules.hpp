#pragma once

#include <string>
#include <vector>

#include "pauca/bcd/iteration.hpp"
#include "pauca/bcd/problem.hpp"

namespace pauca::bcd {

/// A linear model fitted by the plain iteration with these rules, and certified and stopped as solve() does.
///
/// One outer iteration is an epoch of block updates. The certificate is computed at its end, under a greedy rule also
/// whenever the violation has halved.
struct RulesSolution {
  Solution solution;
  Index updates = 0, fallbacks = 0, block_size = 0;
};
RulesSolution solve_by_rules(const Problem& problem, const std::string& penalty, const std::vector<double>& shape,
                             const Rules& rules, const Options& options, const Settings& settings, const Start& start,
                             Monitor& monitor);

}  // namespace pauca::bcd
