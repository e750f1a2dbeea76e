#include "pauca/kron/operator.hpp"

#include "pauca/core/errors.hpp"

namespace pauca::kron {

KroneckerOperator::KroneckerOperator(std::vector<Planes> factors) : factors_(std::move(factors)) {
  require(!factors_.empty(), "factors: got none, expected at least one matrix");
  for (const Planes& f : factors_) {
    require(f.rows() > 0 && f.cols() > 0, "factors: expected matrices with at least one row and one column");
    rows_ *= f.rows();
    cols_ *= f.cols();
  }
}

}  // namespace pauca::kron
