#include "pauca/bcd/solver.hpp"
#include "pauca/penalty/transformed_l1.hpp"

namespace pauca::bcd {

template class Solver<TransformedL1>;

}  // namespace pauca::bcd
