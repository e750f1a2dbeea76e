#include "pauca/design/dense.hpp"

#include <algorithm>
#include <type_traits>

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

void Design::raw_transpose_multiply(const Matrix& u, Matrix& out, Monitor& monitor) const {
  for (Index t = 0; t < u.cols(); ++t) raw_transpose_multiply(u.col(t).data(), out.col(t).data(), monitor);
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
void DenseDesign<T>::raw_transpose_multiply(const Matrix& u, Matrix& out, Monitor& monitor) const {
  if (u.cols() == 1) {
    raw_transpose_multiply(u.data(), out.data(), monitor);
    return;
  }
  using Block = Eigen::Map<const Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic>, 0, Eigen::OuterStride<>>;
  for (Index j = 0; j < cols(); j += column_panel) {
    if (!monitor.keep_going()) return;
    const Index count = std::min(column_panel, cols() - j);
    const Block x(col(j), rows(), count, Eigen::OuterStride<>(stride_));
    if constexpr (std::is_same_v<T, double>)
      out.middleRows(j, count).noalias() = x.transpose() * u;
    else
      out.middleRows(j, count).noalias() = x.template cast<double>().eval().transpose() * u;
  }
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
