#pragma once

#include <cstdint>
#include <vector>

#include "pauca/core/types.hpp"

namespace pauca::nmf {

/// A data matrix read by blocks of rows, each block once for both of its products with factors of k columns.
/// Factors are stored transposed, k contiguous numbers for each row or column of the data, k a multiple of 4.
template <class T>
class RowMatrix {
 public:
  RowMatrix(Index rows, Index cols) : rows_(rows), cols_(cols) {}
  virtual ~RowMatrix() = default;
  Index rows() const { return rows_; }
  Index cols() const { return cols_; }

  /// out (k x count) = right (k x cols) X[first : first + count, :]'
  virtual void multiply(Index first, Index count, const T* right, Index k, T* out) const = 0;
  /// out (k x cols) += left (k x count) X[first : first + count, :]
  virtual void add_transpose(Index first, Index count, const T* left, Index k, T* out) const = 0;
  /// Rows that stay in cache between the two products.
  virtual Index block_rows() const = 0;
  virtual double squared_norm() const = 0;
  virtual double sum() const = 0;
  /// Entries of one row that may differ from zero; `idx` null means all columns in order.
  struct Row {
    const T* values;
    const std::int32_t* idx;
    Index n;
  };
  virtual Row row(Index i) const = 0;

 private:
  Index rows_, cols_;
};

/// Row-major, `stride` numbers from one row to the next.
template <class T>
class DenseRows final : public RowMatrix<T> {
 public:
  DenseRows(const T* data, Index rows, Index cols, Index stride)
      : RowMatrix<T>(rows, cols), data_(data), stride_(stride) {}
  void multiply(Index first, Index count, const T* right, Index k, T* out) const override;
  void add_transpose(Index first, Index count, const T* left, Index k, T* out) const override;
  Index block_rows() const override;
  double squared_norm() const override;
  double sum() const override;
  typename RowMatrix<T>::Row row(Index i) const override { return {data_ + i * stride_, nullptr, this->cols()}; }

 private:
  const T* data_;
  Index stride_;
};

/// Compressed by rows.
template <class T>
class SparseRows final : public RowMatrix<T> {
 public:
  SparseRows(const T* values, const std::int32_t* idx, const std::int64_t* starts, Index rows, Index cols)
      : RowMatrix<T>(rows, cols), values_(values), idx_(idx), starts_(starts) {}
  void multiply(Index first, Index count, const T* right, Index k, T* out) const override;
  void add_transpose(Index first, Index count, const T* left, Index k, T* out) const override;
  Index block_rows() const override;
  double squared_norm() const override;
  double sum() const override;
  typename RowMatrix<T>::Row row(Index i) const override {
    return {values_ + starts_[i], idx_ + starts_[i], static_cast<Index>(starts_[i + 1] - starts_[i])};
  }

 private:
  const T* values_;
  const std::int32_t* idx_;
  const std::int64_t* starts_;
};

extern template class DenseRows<float>;
extern template class DenseRows<double>;
extern template class SparseRows<float>;
extern template class SparseRows<double>;

}  // namespace pauca::nmf
