#include "pauca/bcd/solver.hpp"
#include "pauca/penalty/box.hpp"
#include "pauca/penalty/l1.hpp"

namespace pauca::bcd {

template class Solver<L1>;
template class Solver<Box>;

}  // namespace pauca::bcd
