#pragma once

#include <memory>
#include <new>
#include <vector>

#include "pauca/core/types.hpp"

namespace pauca::kron {

/// Leaves new numbers as they are (every buffer here is written in full after a resize), on addresses that are always
/// aligned alike: Eigen's sums start at the first aligned entry, and results should not depend on where that is.
struct Uninitialized : std::allocator<double> {
  double* allocate(std::size_t n) {
    return static_cast<double*>(::operator new(n * sizeof(double), std::align_val_t{64}));
  }
  void deallocate(double* p, std::size_t) noexcept { ::operator delete(p, std::align_val_t{64}); }
  template <class U>
  struct rebind {
    using other = Uninitialized;
  };
  template <class U>
  void construct(U*) noexcept {}
  template <class U, class... Args>
  void construct(U* p, Args&&... args) {
    ::new (static_cast<void*>(p)) U(std::forward<Args>(args)...);
  }
};
using Buffer = std::vector<double, Uninitialized>;

/// A real or complex matrix as real planes (`im` empty if real): products of planes are real products, which Eigen
/// does at about twice the speed of complex ones.
struct Planes {
  Matrix re, im;

  Index rows() const { return re.rows(); }
  Index cols() const { return re.cols(); }
  bool is_complex() const { return im.size() > 0; }
  double squared_norm() const { return re.squaredNorm() + im.squaredNorm(); }
  void scale(double f) { re *= f, im *= f; }
};

/// A real or complex tensor as real planes, last mode fastest (C order). The shape is the caller's business.
struct Tensor {
  Buffer re, im;

  Index size() const { return static_cast<Index>(re.size()); }
  bool is_complex() const { return !im.empty(); }
  void resize(Index n, bool is_complex) {
    re.resize(static_cast<std::size_t>(n));
    im.resize(is_complex ? static_cast<std::size_t>(n) : 0);
  }
  double squared_norm() const;
};

/// A matrix as it stands, or its conjugate transpose.
enum class Op { plain, adjoint };

/// out[rest, r] = sum_d A[r, d] in[d, rest]: multiplies the first mode and makes it the last one.
void multiply_first(const Planes& a, Op op, const Tensor& in, Tensor& out);

/// out[r, rest] = sum_d A[r, d] in[rest, d]: multiplies the last mode and makes it the first one.
void multiply_last(const Planes& a, Op op, const Tensor& in, Tensor& out);

/// out[lead, r, trail] = sum_d A[r, d] in[lead, d, trail]: multiplies one mode in its place.
void multiply_mode(const Planes& a, Op op, Index trail, const Tensor& in, Tensor& out);

/// (n_1, ..., n_I, L) -> (L, m_1, ..., m_I): one product a mode; the rotation of the modes costs nothing, since every
/// product is one matrix product. `keep_going` is asked between products; false leaves `x` unfinished.
template <class Factors, class KeepGoing>
bool multiply_all_forward(const Factors& factors, Op op, Tensor& x, Tensor& scratch, KeepGoing&& keep_going) {
  for (const Planes& f : factors) {
    if (!keep_going()) return false;
    multiply_first(f, op, x, scratch);
    std::swap(x, scratch);
  }
  return true;
}

/// (L, n_1, ..., n_I) -> (m_1, ..., m_I, L).
template <class Factors, class KeepGoing>
bool multiply_all_backward(const Factors& factors, Op op, Tensor& x, Tensor& scratch, KeepGoing&& keep_going) {
  for (auto f = factors.rbegin(); f != factors.rend(); ++f) {
    if (!keep_going()) return false;
    multiply_last(*f, op, x, scratch);
    std::swap(x, scratch);
  }
  return true;
}

/// out = a (x) b.
void outer(const Buffer& a, const Vector& b, Buffer& out);

}  // namespace pauca::kron
