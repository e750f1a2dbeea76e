#include "pauca/design/moments.hpp"

#include <Eigen/QR>

#include "pauca/core/errors.hpp"

namespace pauca {

void MomentsFactor::append(ConstMatrixRef rows) {
  const Index k = columns();
  require(rows.cols() == k, "rows: the number of columns differs from the factor's");
  if (rows.rows() == 0) return;
  stacked_.resize(k + rows.rows(), k);
  stacked_.topRows(k) = r_;
  stacked_.bottomRows(rows.rows()) = rows;
  Eigen::Ref<Matrix> in_place(stacked_);
  Eigen::HouseholderQR<Eigen::Ref<Matrix>> qr(in_place);
  r_ = stacked_.topRows(k).triangularView<Eigen::Upper>();
  // A non-negative diagonal makes the factor unique, whatever the order of the blocks.
  for (Index i = 0; i < k; ++i)
    if (r_(i, i) < 0.0) r_.row(i) = -r_.row(i);
}

}  // namespace pauca
