#include "pauca/bcd/solver.hpp"
#include "pauca/penalty/l0.hpp"
#include "pauca/penalty/lp.hpp"

namespace pauca::bcd {

template class Solver<L0>;
template class Solver<Lp>;

}  // namespace pauca::bcd
