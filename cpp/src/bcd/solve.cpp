#include "pauca/bcd/solve.hpp"

#include "pauca/bcd/solver.hpp"
#include "pauca/penalty/registry.hpp"

namespace pauca::bcd {

Solution solve(const Problem& problem, const std::string& penalty, const std::vector<double>& shape,
               const Options& options, const Settings& settings, const Start& start, Monitor& monitor) {
  return visit_penalty(
      penalty, shape, [&](auto p) { return Solver<decltype(p)>(problem, p, options).solve(settings, start, monitor); });
}

NullModel null_model(const Problem& problem, const std::string& penalty, const std::vector<double>& shape,
                     Monitor& monitor) {
  return visit_penalty(penalty, shape,
                       [&](auto p) { return Solver<decltype(p)>(problem, p, Options{}).null_model(monitor); });
}

}  // namespace pauca::bcd
