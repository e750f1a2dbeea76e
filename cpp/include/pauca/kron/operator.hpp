#pragma once

#include <vector>

#include "pauca/kron/tensor.hpp"

namespace pauca::kron {

/// H = H_1 (x) ... (x) H_I, never formed; the last factor's index is the fastest.
class KroneckerOperator {
 public:
  explicit KroneckerOperator(std::vector<Planes> factors);

  Index rows() const { return rows_; }
  Index cols() const { return cols_; }
  const std::vector<Planes>& factors() const { return factors_; }

  /// x: (N, L) in C order -> (L, M) in C order, holding H x.
  template <class KeepGoing>
  bool apply(Tensor& x, Tensor& scratch, KeepGoing&& keep_going) const {
    return multiply_all_forward(factors_, Op::plain, x, scratch, keep_going);
  }

  /// y: (L, M) in C order -> (N, L) in C order, holding H^H y.
  template <class KeepGoing>
  bool apply_adjoint(Tensor& y, Tensor& scratch, KeepGoing&& keep_going) const {
    return multiply_all_backward(factors_, Op::adjoint, y, scratch, keep_going);
  }

 private:
  std::vector<Planes> factors_;
  Index rows_ = 1, cols_ = 1;
};

}  // namespace pauca::kron
