#include "pauca/design/dense.hpp"

#include <algorithm>
#include <type_traits>

#include "pauca/core/thin_product.hpp"

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

void Design::multiply(const Matrix& d, Matrix& z, Monitor& monitor) const {
  z.setZero(rows_, d.cols());
  if (scale_)
    raw_multiply(Eigen::Map<const Vector>(scale_, cols_).asDiagonal() * d, z, monitor);
  else
    raw_multiply(d, z, monitor);
}

namespace {

// Independent accumulators: the compiler vectorises the inner loop without reordering anything behind our back.
constexpr int lanes = 16;

template <class T>
double column_dot(const T* x, const double* u, Index n) {
  double acc[lanes] = {};
  Index i = 0;
  for (; i + lanes <= n; i += lanes)
    for (int k = 0; k < lanes; ++k) acc[k] += static_cast<double>(x[i + k]) * u[i + k];
  double total = 0.0;
  for (; i < n; ++i) total += static_cast<double>(x[i]) * u[i];
  for (int k = 0; k < lanes; ++k) total += acc[k];
  return total;
}

// Blocks gathered for a Gram: rows by columns of its left and right factor.
constexpr Index row_block = 256, left_panel = 2048, panel = 96;

}  // namespace

template <class T>
double DenseDesign<T>::raw_dot(Index j, const double* u) const {
  return column_dot(col(j), u, rows());
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
  const T* x = col(j);
  double acc[lanes] = {};
  Index i = 0;
  for (; i + lanes <= rows(); i += lanes)
    for (int k = 0; k < lanes; ++k) {
      const double v = static_cast<double>(x[i + k]);
      acc[k] += (h ? h[i + k] : 1.0) * v * v;
    }
  double total = 0.0;
  for (; i < rows(); ++i) total += (h ? h[i] : 1.0) * static_cast<double>(x[i]) * static_cast<double>(x[i]);
  for (int k = 0; k < lanes; ++k) total += acc[k];
  return total;
}

template <class T>
void DenseDesign<T>::raw_moments(Index j, const double* s, double& mean, double& variance) const {
  const T* x = col(j);
  mean = raw_dot(j, s);
  double square = 0.0, rest = 0.0;
  for (Index i = 0; i < rows(); ++i) {
    const double d = static_cast<double>(x[i]) - mean;
    square += s[i] * d * d;
    rest += s[i] * d;
  }
  mean += rest;  // what the first pass lost to rounding
  variance = square - rest * rest;
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
      out[j] += column_dot(col(j) + start, u + start, len);
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
  const Index na = static_cast<Index>(a.size()), nb = static_cast<Index>(b.size());
  Eigen::Map<Matrix, 0, Eigen::OuterStride<>> target(out, na, nb, Eigen::OuterStride<>(ld));
  target.setZero();
  const bool symmetric = a == b;  // then the upper triangle is enough
  const Index rb = std::min(row_block, rows());
  Matrix left(rb, std::min(left_panel, na)), right(rb, std::min(panel, nb));
  auto gather = [&](Matrix& to, const std::vector<Index>& cols, Index first, Index count, Index start, Index len,
                    const double* weight) {
    for (Index k = 0; k < count; ++k) {
      const T* x = col(cols[first + k]) + start;
      double* t = to.data() + k * rb;
      if (weight)
        for (Index i = 0; i < len; ++i) t[i] = weight[start + i] * static_cast<double>(x[i]);
      else
        for (Index i = 0; i < len; ++i) t[i] = static_cast<double>(x[i]);
    }
  };
  for (Index start = 0; start < rows(); start += rb) {
    const Index len = std::min(rb, rows() - start);
    for (Index ja = 0; ja < na; ja += left_panel) {
      const Index ca = std::min(left_panel, na - ja);
      gather(left, a, ja, ca, start, len, nullptr);
      for (Index jb = symmetric ? ja : 0; jb < nb; jb += panel) {
        const Index cb = std::min(panel, nb - jb);
        if (!monitor.keep_going()) return;
        const Index needed = symmetric ? std::min(ca, jb + cb - ja) : ca;
        gather(right, b, jb, cb, start, len, h);
        target.block(ja, jb, needed, cb).noalias() +=
            left.topLeftCorner(len, needed).transpose() * right.topLeftCorner(len, cb);
      }
    }
  }
  if (symmetric) target.template triangularView<Eigen::StrictlyLower>() = target.transpose();
}

template class DenseDesign<float>;
template class DenseDesign<double>;

}  // namespace pauca
