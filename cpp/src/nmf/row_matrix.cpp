#include "pauca/nmf/row_matrix.hpp"

#include <algorithm>

namespace pauca::nmf {
namespace {

/// Widest slab of the k contiguous numbers that the kernels hold in registers.
constexpr int widest = 24;

/// body(width, offset) for compile-time widths that tile [0, k), k a multiple of 4.
template <class Body>
void for_slabs(Index k, Body&& body) {
  Index at = 0;
  while (k - at > widest) {
    body(std::integral_constant<int, widest>{}, at);
    at += widest;
  }
  switch (k - at) {
    case 4:
      return body(std::integral_constant<int, 4>{}, at);
    case 8:
      return body(std::integral_constant<int, 8>{}, at);
    case 12:
      return body(std::integral_constant<int, 12>{}, at);
    case 16:
      return body(std::integral_constant<int, 16>{}, at);
    case 20:
      return body(std::integral_constant<int, 20>{}, at);
    default:
      return body(std::integral_constant<int, 24>{}, at);
  }
}

template <class T, int N>
using Slab = Eigen::Array<T, N, 1>;
template <class T, int N>
using SlabMap = Eigen::Map<Eigen::Array<T, N, 1>>;
template <class T, int N>
using ConstSlabMap = Eigen::Map<const Eigen::Array<T, N, 1>>;

template <class T, int N>
void sparse_dot(const T* values, const std::int32_t* idx, Index n, const T* right, Index k, T* out) {
  Slab<T, N> sum = Slab<T, N>::Zero();
  for (Index e = 0; e < n; ++e) sum += values[e] * ConstSlabMap<T, N>(right + idx[e] * k);
  SlabMap<T, N>{out} = sum;
}

template <class T, int N>
void sparse_axpy(const T* values, const std::int32_t* idx, Index n, const T* left, Index k, T* out) {
  const Slab<T, N> l = ConstSlabMap<T, N>(left);
  for (Index e = 0; e < n; ++e) SlabMap<T, N>(out + idx[e] * k) += values[e] * l;
}

}  // namespace

template <class T>
void DenseRows<T>::multiply(Index first, Index count, const T* right, Index k, T* out) const {
  using M = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic>;
  const Eigen::Map<const M, 0, Eigen::OuterStride<>> x(data_ + first * stride_, this->cols(), count,
                                                       Eigen::OuterStride<>(stride_));
  Eigen::Map<M>(out, k, count).noalias() = Eigen::Map<const M>(right, k, this->cols()) * x;
}

template <class T>
void DenseRows<T>::add_transpose(Index first, Index count, const T* left, Index k, T* out) const {
  using M = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic>;
  const Eigen::Map<const M, 0, Eigen::OuterStride<>> x(data_ + first * stride_, this->cols(), count,
                                                       Eigen::OuterStride<>(stride_));
  Eigen::Map<M>(out, k, this->cols()).noalias() += Eigen::Map<const M>(left, k, count) * x.transpose();
}

template <class T>
Index DenseRows<T>::block_rows() const {
  return std::clamp<Index>(512 * 1024 / static_cast<Index>(sizeof(T)) / std::max<Index>(this->cols(), 1), 16, 1024);
}

template <class T>
double DenseRows<T>::squared_norm() const {
  double total = 0.0;
  for (Index i = 0; i < this->rows(); ++i) {
    const Eigen::Map<const Eigen::Array<T, Eigen::Dynamic, 1>> x(data_ + i * stride_, this->cols());
    total += x.template cast<double>().square().sum();
  }
  return total;
}

template <class T>
double DenseRows<T>::sum() const {
  double total = 0.0;
  for (Index i = 0; i < this->rows(); ++i) {
    const Eigen::Map<const Eigen::Array<T, Eigen::Dynamic, 1>> x(data_ + i * stride_, this->cols());
    total += x.template cast<double>().sum();
  }
  return total;
}

template <class T>
void SparseRows<T>::multiply(Index first, Index count, const T* right, Index k, T* out) const {
  for_slabs(k, [&](auto width, Index at) {
    for (Index i = 0; i < count; ++i) {
      const auto r = row(first + i);
      sparse_dot<T, decltype(width)::value>(r.values, r.idx, r.n, right + at, k, out + i * k + at);
    }
  });
}

template <class T>
void SparseRows<T>::add_transpose(Index first, Index count, const T* left, Index k, T* out) const {
  for_slabs(k, [&](auto width, Index at) {
    for (Index i = 0; i < count; ++i) {
      const auto r = row(first + i);
      sparse_axpy<T, decltype(width)::value>(r.values, r.idx, r.n, left + i * k + at, k, out + at);
    }
  });
}

template <class T>
Index SparseRows<T>::block_rows() const {
  const double mean =
      static_cast<double>(starts_[this->rows()]) / static_cast<double>(std::max<Index>(this->rows(), 1));
  return std::clamp<Index>(static_cast<Index>(16384.0 / std::max(mean, 1.0)), 16, 1024);
}

template <class T>
double SparseRows<T>::squared_norm() const {
  const Eigen::Map<const Eigen::Array<T, Eigen::Dynamic, 1>> v(values_, static_cast<Index>(starts_[this->rows()]));
  return v.template cast<double>().square().sum();
}

template <class T>
double SparseRows<T>::sum() const {
  const Eigen::Map<const Eigen::Array<T, Eigen::Dynamic, 1>> v(values_, static_cast<Index>(starts_[this->rows()]));
  return v.template cast<double>().sum();
}

template class DenseRows<float>;
template class DenseRows<double>;
template class SparseRows<float>;
template class SparseRows<double>;

}  // namespace pauca::nmf
