#include "pauca/bcd/solver.hpp"
#include "pauca/penalty/mcp.hpp"
#include "pauca/penalty/scad.hpp"

namespace pauca::bcd {

template class Solver<Mcp>;
template class Solver<Scad>;

}  // namespace pauca::bcd
