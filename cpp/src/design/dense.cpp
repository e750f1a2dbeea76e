#include "pauca/design/dense.hpp"

#include <algorithm>
#include <type_traits>

#include "pauca/core/thin_product.hpp"
#include "pauca/design/panels.hpp"

namespace pauca {

void Design::raw_entries(Index j, std::vector<std::pair<Index, double>>& out) const {
  Vector column = Vector::Zero(rows());
  raw_axpy(j, 1.0, column.data());
  out.clear();
  for (Index i = 0; i < column.size(); ++i)
    if (column[i] != 0.0) out.emplace_back(i, column[i]);
}

void Design::weighted_gram(const double* h, const std::vector<Index>& a, const std::vector<Index>& b, double* out,
                           Index ld, Monitor& monitor) const {
  raw_weighted_gram(h, a, b, out, ld, monitor);
  if (!scale_) return;
  for (std::size_t k = 0; k < b.size(); ++k)
    for (std::size_t i = 0; i < a.size(); ++i) out[i + k * ld] *= scale_[a[i]] * scale_[b[k]];
}

void Design::transpose_multiply(const Matrix& u, Matrix& out, Monitor& monitor) const {
  out.resize(cols_, u.cols());
  raw_transpose_multiply(u, out, monitor);
  if (!scale_) return;
  for (Index j = 0; j < cols_; ++j) out.row(j) *= scale_[j];
}

void Design::raw_multiply(const Matrix& d, Matrix& z, Monitor& monitor) const {
  for (Index j = 0; j < cols_ && monitor.keep_going(); ++j)
    for (Index t = 0; t < d.cols(); ++t)
      if (d(j, t) != 0.0) raw_axpy(j, d(j, t), z.col(t).data());
}

void Design::multiply(const Matrix& d, Matrix& z, Monitor& monitor) const {
  z.setZero(rows_, d.cols());
  if (scale_)
    raw_multiply(Eigen::Map<const Vector>(scale_, cols_).asDiagonal() * d, z, monitor);
  else
    raw_multiply(d, z, monitor);
}

namespace {

/// Entries of a column as doubles.
template <class T>
auto entries_of(const T* x) {
  return [x](Index i) { return static_cast<double>(x[i]); };
}

}  // namespace

template <class T>
double DenseDesign<T>::raw_dot(Index j, const double* u) const {
  return column_dot(entries_of(col(j)), u, rows());
}

template <class T>
void DenseDesign<T>::raw_axpy(Index j, double a, double* eta) const {
  const T* x = col(j);
  for (Index i = 0; i < rows(); ++i) eta[i] += a * static_cast<double>(x[i]);
}

template <class T>
void DenseDesign<T>::raw_weighted_axpy(Index j, double a, const double* h, double* eta) const {
  const T* x = col(j);
  for (Index i = 0; i < rows(); ++i) eta[i] += a * h[i] * static_cast<double>(x[i]);
}

template <class T>
double DenseDesign<T>::raw_weighted_square(Index j, const double* h) const {
  return column_square(entries_of(col(j)), h, rows());
}

template <class T>
void DenseDesign<T>::raw_moments(Index j, const double* s, double& mean, double& variance) const {
  two_pass_moments(entries_of(col(j)), s, rows(), mean, variance);
}

template <class T>
void DenseDesign<T>::raw_transpose_multiply(const double* u, double* out, Monitor& monitor) const {
  // Row blocks keep u in the first-level cache while columns stream through.
  constexpr Index block = 2048;
  for (Index j = 0; j < cols(); ++j) out[j] = 0.0;
  for (Index start = 0; start < rows(); start += block) {
    const Index len = std::min(block, rows() - start);
    for (Index j = 0; j < cols(); ++j) {
      if (j % 256 == 0 && !monitor.keep_going()) return;
      out[j] += column_dot(entries_of(col(j) + start), u + start, len);
    }
  }
}

template <class T>
template <class Visit>
void DenseDesign<T>::in_blocks(Monitor& monitor, Visit visit) const {
  using Block = Eigen::Map<const Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic>, 0, Eigen::OuterStride<>>;
  constexpr Index height = 256, width = 512;  // a block stays in the second-level cache
  Matrix copy;
  for (Index i = 0; i < rows(); i += height)
    for (Index j = 0; j < cols(); j += width) {
      if (!monitor.keep_going()) return;
      const Block x(col(j) + i, std::min(height, rows() - i), std::min(width, cols() - j),
                    Eigen::OuterStride<>(stride_));
      if constexpr (std::is_same_v<T, double>) {
        visit(i, j, x);
      } else {
        copy = x.template cast<double>();
        visit(i, j, copy);
      }
    }
}

template <class T>
void DenseDesign<T>::raw_transpose_multiply(const Matrix& u, Matrix& out, Monitor& monitor) const {
  if (u.cols() == 1) {
    raw_transpose_multiply(u.data(), out.data(), monitor);
    return;
  }
  const bool thin = u.cols() <= thin_width;
  Matrix across, product;
  out.setZero();
  in_blocks(monitor, [&](Index i, Index j, auto& x) {
    if (thin) {
      thin_transpose_multiply(x, u.middleRows(i, x.rows()), out.middleRows(j, x.cols()));
    } else {
      if (j == 0) across = u.middleRows(i, x.rows()).transpose();
      product.noalias() = across * x;
      out.middleRows(j, x.cols()) += product.transpose();
    }
  });
}

template <class T>
void DenseDesign<T>::raw_multiply(const Matrix& d, Matrix& z, Monitor& monitor) const {
  const bool thin = d.cols() <= thin_width;
  in_blocks(monitor, [&](Index i, Index j, auto& x) {
    if (thin)
      thin_multiply(x, d.middleRows(j, x.cols()), z.middleRows(i, x.rows()));
    else
      z.middleRows(i, x.rows()).noalias() += x * d.middleRows(j, x.cols());
  });
}

template <class T>
void DenseDesign<T>::raw_weighted_gram(const double* h, const std::vector<Index>& a, const std::vector<Index>& b,
                                       double* out, Index ld, Monitor& monitor) const {
  panel_gram(rows(), h, a, b, out, ld, monitor, [this](Index j, Index start, Index len, double* to) {
    const T* x = col(j) + start;
    for (Index i = 0; i < len; ++i) to[i] = static_cast<double>(x[i]);
  });
}

template class DenseDesign<float>;
template class DenseDesign<double>;

}  // namespace pauca
