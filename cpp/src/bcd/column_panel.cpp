#include "pauca/bcd/column_panel.hpp"

#include <algorithm>
#include <cmath>

#include "pauca/core/thin_product.hpp"

namespace pauca::bcd {
namespace {

constexpr Index chunk = 64;  // columns copied at a time for a product with several vectors

Matrix copy_columns(const Design& design, const std::vector<Index>& columns, Index first, Index count) {
  Matrix part = Matrix::Zero(design.rows(), count);
  for (Index i = 0; i < count; ++i) design.axpy(columns[static_cast<std::size_t>(first + i)], 1.0, part.col(i).data());
  return part;
}

}  // namespace

void add_columns(const Design& design, const std::vector<Index>& columns, const Matrix& d, Matrix& z,
                 Monitor& monitor) {
  const Index count = static_cast<Index>(columns.size());
  const bool by_column = design.is_sparse() || z.cols() < 4;
  for (Index first = 0; first < count && monitor.keep_going(); first += chunk) {
    const Index width = std::min(chunk, count - first);
    if (!by_column) {
      z.noalias() += copy_columns(design, columns, first, width) * d.middleRows(first, width);
      continue;
    }
    for (Index i = first; i < first + width; ++i)
      for (Index t = 0; t < z.cols(); ++t)
        if (d(i, t) != 0.0) design.axpy(columns[static_cast<std::size_t>(i)], d(i, t), z.col(t).data());
  }
}

void columns_transpose(const Design& design, const std::vector<Index>& columns, const Matrix& z, Matrix& out,
                       Monitor& monitor) {
  const Index count = static_cast<Index>(columns.size());
  const bool by_column = design.is_sparse() || z.cols() < 4;
  Matrix product;
  for (Index first = 0; first < count && monitor.keep_going(); first += chunk) {
    const Index width = std::min(chunk, count - first);
    if (!by_column) product.noalias() = copy_columns(design, columns, first, width).transpose() * z;
    for (Index i = 0; i < width; ++i) {
      const Index j = columns[static_cast<std::size_t>(first + i)];
      for (Index t = 0; t < z.cols(); ++t) out(j, t) = by_column ? design.dot(j, z.col(t).data()) : product(i, t);
    }
  }
}

void ColumnPanel::gather(const std::vector<Index>& columns, const Vector& means, Monitor& monitor) {
  columns_ = columns;
  means_ = means;
  if (design_.is_sparse()) return;
  panel_.resize(design_.rows(), size());
  for (Index i = 0; i < size() && monitor.keep_going(); ++i) {
    panel_.col(i).setConstant(-means[i]);
    design_.axpy(columns_[static_cast<std::size_t>(i)], 1.0, panel_.col(i).data());
  }
}

double ColumnPanel::weighted_square(Index j, const Vector& h) const {
  if (!design_.is_sparse()) return (h.array() * panel_.col(j).array().square()).sum();
  const Index column = columns_[static_cast<std::size_t>(j)];
  const double square = design_.weighted_square(column, h.data());
  if (means_[j] == 0.0) return square;
  return square - 2.0 * means_[j] * design_.dot(column, h.data()) + means_[j] * means_[j] * h.sum();
}

double ColumnPanel::reach(const Matrix& d) const {
  const Vector ones = Vector::Ones(rows());
  double total = 0.0;
  for (Index j = 0; j < size(); ++j) total += std::sqrt(std::max(weighted_square(j, ones), 0.0)) * d.row(j).norm();
  return total;
}

void ColumnPanel::multiply(const Matrix& d, Matrix& z) const {
  if (!design_.is_sparse()) {
    if (d.cols() > 1 && d.cols() <= thin_width) {
      z.setZero(panel_.rows(), d.cols());
      thin_multiply(panel_, d, z);
    } else {
      z.noalias() = panel_ * d;
    }
    return;
  }
  z.resize(design_.rows(), d.cols());
  z.rowwise() = -means_.transpose() * d;
  for (Index t = 0; t < d.cols(); ++t)
    for (Index i = 0; i < size(); ++i)
      if (d(i, t) != 0.0) design_.axpy(columns_[static_cast<std::size_t>(i)], d(i, t), z.col(t).data());
}

void ColumnPanel::transpose_multiply(const Matrix& z, Matrix& out) const {
  if (!design_.is_sparse()) {
    if (z.cols() > 1 && z.cols() <= thin_width) {
      out.setZero(panel_.cols(), z.cols());
      thin_transpose_multiply(panel_, z, out);
    } else {
      out.noalias() = panel_.transpose() * z;
    }
    return;
  }
  out.noalias() = -means_ * z.colwise().sum();
  for (Index t = 0; t < z.cols(); ++t)
    for (Index i = 0; i < size(); ++i) out(i, t) += design_.dot(columns_[static_cast<std::size_t>(i)], z.col(t).data());
}

}  // namespace pauca::bcd
