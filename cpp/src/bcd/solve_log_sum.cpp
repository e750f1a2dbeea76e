#include "pauca/bcd/solver.hpp"
#include "pauca/penalty/capped_l1.hpp"
#include "pauca/penalty/log_sum.hpp"

namespace pauca::bcd {

template class Solver<CappedL1>;
template class Solver<LogSum>;

}  // namespace pauca::bcd
