#include "pauca/bcd/solve.hpp"

#include "pauca/bcd/solver.hpp"
#include "pauca/penalty/registry.hpp"

namespace pauca::bcd {

// Each in a source file of its own beside this one, which keeps translation units small.
extern template class Solver<L1>;
extern template class Solver<Mcp>;
extern template class Solver<Scad>;
extern template class Solver<CappedL1>;
extern template class Solver<LogSum>;
extern template class Solver<L0>;
extern template class Solver<Lp>;
extern template class Solver<TransformedL1>;
extern template class Solver<Box>;

Solution solve(const Problem& problem, const std::string& penalty, const std::vector<double>& shape,
               const Options& options, const Settings& settings, const Start& start, Monitor& monitor) {
  return visit_penalty(
      penalty, shape, [&](auto p) { return Solver<decltype(p)>(problem, p, options).solve(settings, start, monitor); });
}

Path solve_path(const Problem& problem, const std::string& penalty, const std::vector<double>& shape,
                const Options& options, const std::vector<double>& alphas, const Settings& settings, Monitor& monitor) {
  return visit_penalty(
      penalty, shape, [&](auto p) { return Solver<decltype(p)>(problem, p, options).path(alphas, settings, monitor); });
}

NullModel null_model(const Problem& problem, const std::string& penalty, const std::vector<double>& shape,
                     Monitor& monitor) {
  return visit_penalty(penalty, shape,
                       [&](auto p) { return Solver<decltype(p)>(problem, p, Options{}).null_model(monitor); });
}

}  // namespace pauca::bcd
