#include "pauca/design/csc.hpp"

#include <algorithm>
#include <cstdint>

namespace pauca {

template <class T, class I>
double CscDesign<T, I>::raw_dot(Index j, const double* u) const {
  const I end = indptr_[j + 1];
  I k = indptr_[j];
  double a = 0.0, b = 0.0;
  for (; k + 1 < end; k += 2) {
    a += static_cast<double>(values_[k]) * u[indices_[k]];
    b += static_cast<double>(values_[k + 1]) * u[indices_[k + 1]];
  }
  if (k < end) a += static_cast<double>(values_[k]) * u[indices_[k]];
  return a + b;
}

template <class T, class I>
void CscDesign<T, I>::raw_axpy(Index j, double a, double* eta) const {
  for (I k = indptr_[j]; k < indptr_[j + 1]; ++k) eta[indices_[k]] += a * static_cast<double>(values_[k]);
}

template <class T, class I>
void CscDesign<T, I>::raw_weighted_axpy(Index j, double a, const double* h, double* eta) const {
  for (I k = indptr_[j]; k < indptr_[j + 1]; ++k)
    eta[indices_[k]] += a * h[indices_[k]] * static_cast<double>(values_[k]);
}

template <class T, class I>
double CscDesign<T, I>::raw_weighted_square(Index j, const double* h) const {
  double total = 0.0;
  for (I k = indptr_[j]; k < indptr_[j + 1]; ++k) {
    const double v = static_cast<double>(values_[k]);
    total += (h ? h[indices_[k]] : 1.0) * v * v;
  }
  return total;
}

template <class T, class I>
void CscDesign<T, I>::raw_moments(Index j, const double* s, double& mean, double& variance) const {
  mean = CscDesign::raw_dot(j, s);
  double square = 0.0, present = 0.0;
  for (I k = indptr_[j]; k < indptr_[j + 1]; ++k) {
    const double d = static_cast<double>(values_[k]) - mean;
    square += s[indices_[k]] * d * d;
    present += s[indices_[k]];
  }
  variance = square + std::max(1.0 - present, 0.0) * mean * mean;
}

template <class T, class I>
void CscDesign<T, I>::raw_transpose_multiply(const double* u, double* out, Monitor& monitor) const {
  for (Index j = 0; j < cols(); ++j) {
    if (j % 1024 == 0 && !monitor.keep_going()) return;
    out[j] = CscDesign::raw_dot(j, u);
  }
}

// Several vectors lie side by side in memory, so that an entry of the matrix meets all of theirs at once.

template <class T, class I>
void CscDesign<T, I>::raw_transpose_multiply(const Matrix& u, Matrix& out, Monitor& monitor) const {
  const Matrix across = u.transpose();
  Vector sum(u.cols());
  for (Index j = 0; j < cols(); ++j) {
    if (j % 128 == 0 && !monitor.keep_going()) return;
    sum.setZero();
    for (I k = indptr_[j]; k < indptr_[j + 1]; ++k) sum += static_cast<double>(values_[k]) * across.col(indices_[k]);
    out.row(j) = sum;
  }
}

template <class T, class I>
void CscDesign<T, I>::raw_multiply(const Matrix& d, Matrix& z, Monitor& monitor) const {
  const Matrix factor = d.transpose();
  Matrix across = Matrix::Zero(d.cols(), rows());
  for (Index j = 0; j < cols(); ++j) {
    if (j % 128 == 0 && !monitor.keep_going()) return;
    for (I k = indptr_[j]; k < indptr_[j + 1]; ++k)
      across.col(indices_[k]) += static_cast<double>(values_[k]) * factor.col(j);
  }
  z += across.transpose();
}

template <class T, class I>
void CscDesign<T, I>::raw_weighted_gram(const double* h, const std::vector<Index>& a, const std::vector<Index>& b,
                                        double* out, Index ld, Monitor& monitor) const {
  const bool symmetric = a == b;  // then the upper triangle is enough
  Vector work = Vector::Zero(rows());
  for (std::size_t k = 0; k < b.size(); ++k) {
    if (!monitor.keep_going()) return;
    const Index j = b[k];
    for (I i = indptr_[j]; i < indptr_[j + 1]; ++i)
      work[indices_[i]] = static_cast<double>(values_[i]) * (h ? h[indices_[i]] : 1.0);
    const std::size_t needed = symmetric ? k + 1 : a.size();
    for (std::size_t i = 0; i < needed; ++i) out[i + k * ld] = CscDesign::raw_dot(a[i], work.data());
    if (symmetric)
      for (std::size_t i = 0; i < k; ++i) out[k + i * ld] = out[i + k * ld];
    for (I i = indptr_[j]; i < indptr_[j + 1]; ++i) work[indices_[i]] = 0.0;
  }
}

template class CscDesign<float, std::int32_t>;
template class CscDesign<float, std::int64_t>;
template class CscDesign<double, std::int32_t>;
template class CscDesign<double, std::int64_t>;

}  // namespace pauca
