#include "pauca/bcd/working_gram.hpp"

#include <algorithm>
#include <cmath>

namespace pauca::bcd {

void WorkingGram::reset(const Curvature& h) {
  h_ = h;
  h_sum_ = h.sum(design_.rows());
  for (Index j : columns_) position_[j] = -1;
  columns_.clear();
  size_ = 0;
  if (position_.size() == 0) position_.setConstant(design_.cols(), -1);
  if (center_ && means_.size() == 0) means_.setZero(design_.cols());
}

void WorkingGram::include(const std::vector<Index>& columns, Monitor& monitor) {
  std::vector<Index> fresh;
  for (Index j : columns)
    if (position_[j] < 0) fresh.push_back(j);
  if (fresh.empty()) return;
  const std::vector<Index> present = columns_;
  const Index old = size_, count = static_cast<Index>(fresh.size()), now = old + count;
  if (now > gram_.rows()) {
    const Index capacity = std::max(now, std::min(2 * gram_.rows(), design_.cols()));
    Matrix larger(capacity, capacity);
    larger.topLeftCorner(old, old) = gram_.topLeftCorner(old, old);
    gram_.swap(larger);
  }
  for (Index k = 0; k < count; ++k) {
    position_[fresh[k]] = old + k;
    columns_.push_back(fresh[k]);
  }
  const double* rows = h_.rows ? h_.rows->data() : nullptr;
  const Index ld = gram_.rows();
  if (old > 0) design_.weighted_gram(rows, present, fresh, gram_.data() + old * ld, ld, monitor);
  design_.weighted_gram(rows, fresh, fresh, gram_.data() + old * ld + old, ld, monitor);
  auto block = gram_.block(0, old, now, count);
  if (!rows) block *= h_.constant;
  if (h_.coupling) couple(fresh, old, monitor);
  if (centers()) {
    const Vector ones = rows ? Vector() : Vector::Ones(design_.rows());
    Vector means(now);
    for (Index k = 0; k < now; ++k) {
      const Index j = columns_[k];
      if (k >= old)
        means_[j] =
            rows ? design_.dot(j, rows) / h_sum_ : design_.dot(j, ones.data()) / static_cast<double>(design_.rows());
      means[k] = means_[j];
    }
    block.noalias() -= h_sum_ * means * means.tail(count).transpose();
  }
  for (Index k = old; k < now; ++k) {
    // Cancellation can leave a constant column a tiny or negative curvature: it has none.
    double raw = gram_(k, k);
    if (h_.coupling) raw += coupled_.col(k).squaredNorm();
    if (centers()) raw += h_sum_ * std::pow(means_[columns_[k]], 2);
    if (!(gram_(k, k) > 1e-13 * raw)) gram_(k, k) = 0.0;
  }
  gram_.block(old, 0, count, old) = gram_.block(0, old, old, count).transpose();
  size_ = now;
}

/// Takes R'R off the rows of the new columns.
void WorkingGram::couple(const std::vector<Index>& fresh, Index old, Monitor& monitor) {
  const Index count = static_cast<Index>(fresh.size()), now = old + count, rank = h_.coupling->rank();
  if (coupled_.rows() != rank || coupled_.cols() < now) {
    Matrix larger(rank, gram_.cols());
    if (old > 0) larger.leftCols(old) = coupled_.leftCols(old);
    coupled_.swap(larger);
  }
  Vector column(design_.rows());
  for (Index k = 0; k < count && monitor.keep_going(); ++k) {
    column.setZero();
    design_.axpy(fresh[k], 1.0, column.data());
    h_.coupling->apply(column, coupled_.col(old + k).data());
  }
  if (monitor.stop_requested()) return;
  gram_.block(0, old, now, count).noalias() -= coupled_.leftCols(now).transpose() * coupled_.middleCols(old, count);
}

}  // namespace pauca::bcd
