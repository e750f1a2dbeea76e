#include "pauca/kron/tensor.hpp"

#include <algorithm>

namespace pauca::kron {
namespace {

using ConstMap = Eigen::Map<const Matrix>;
using Map = Eigen::Map<Matrix>;

// out (+)= sign * op(a) * x' or x' * op(a)', whichever side the mode stands on.
void product(const Matrix& a, Op op, bool first, const std::vector<double>& x, std::vector<double>& out, double sign,
             bool add) {
  const Index d = op == Op::plain ? a.cols() : a.rows();
  const Index r = op == Op::plain ? a.rows() : a.cols();
  const Index rest = static_cast<Index>(x.size()) / d;
  auto run = [&](const auto& left) {
    if (first) {
      const ConstMap in(x.data(), rest, d);
      Map o(out.data(), r, rest);
      if (!add) {
        o.noalias() = left * in.transpose();
      } else if (sign > 0) {
        o.noalias() += left * in.transpose();
      } else {
        o.noalias() -= left * in.transpose();
      }
    } else {
      const ConstMap in(x.data(), d, rest);
      Map o(out.data(), rest, r);
      if (!add) {
        o.noalias() = in.transpose() * left.transpose();
      } else if (sign > 0) {
        o.noalias() += in.transpose() * left.transpose();
      } else {
        o.noalias() -= in.transpose() * left.transpose();
      }
    }
  };
  if (op == Op::plain) {
    run(a);
  } else {
    run(a.transpose());
  }
}

void multiply(const Planes& a, Op op, bool first, const Tensor& in, Tensor& out) {
  const Index d = op == Op::plain ? a.cols() : a.rows();
  const Index r = op == Op::plain ? a.rows() : a.cols();
  out.resize(in.size() / d * r, in.is_complex() || a.is_complex());
  const double conj = op == Op::plain ? 1.0 : -1.0;
  product(a.re, op, first, in.re, out.re, 1.0, false);
  if (in.is_complex()) {
    product(a.re, op, first, in.im, out.im, 1.0, false);
    if (a.is_complex()) product(a.im, op, first, in.im, out.re, -conj, true);
  }
  if (a.is_complex()) {
    if (in.is_complex()) {
      product(a.im, op, first, in.re, out.im, conj, true);
    } else {
      product(a.im, op, first, in.re, out.im, 1.0, false);
      if (conj < 0) Eigen::Map<Vector>(out.im.data(), out.size()) *= -1.0;
    }
  }
}

}  // namespace

double Tensor::squared_norm() const {
  double total = Eigen::Map<const Vector>(re.data(), size()).squaredNorm();
  if (is_complex()) total += Eigen::Map<const Vector>(im.data(), size()).squaredNorm();
  return total;
}

void multiply_first(const Planes& a, Op op, const Tensor& in, Tensor& out) { multiply(a, op, true, in, out); }
void multiply_last(const Planes& a, Op op, const Tensor& in, Tensor& out) { multiply(a, op, false, in, out); }

void multiply_mode(const Planes& a, Op op, Index trail, const Tensor& in, Tensor& out) {
  const Index d = op == Op::plain ? a.cols() : a.rows();
  const Index r = op == Op::plain ? a.rows() : a.cols();
  const Index lead = in.size() / (d * trail);
  Tensor block, result;
  block.resize(d * trail, in.is_complex());
  out.resize(lead * r * trail, in.is_complex() || a.is_complex());
  for (Index l = 0; l < lead; ++l) {
    std::copy_n(in.re.begin() + l * d * trail, d * trail, block.re.begin());
    if (in.is_complex()) std::copy_n(in.im.begin() + l * d * trail, d * trail, block.im.begin());
    multiply_first(a, op, block, result);  // (trail, r)
    Map(out.re.data() + l * r * trail, trail, r) = ConstMap(result.re.data(), r, trail).transpose();
    if (out.is_complex())
      Map(out.im.data() + l * r * trail, trail, r) = ConstMap(result.im.data(), r, trail).transpose();
  }
}

void outer(const std::vector<double>& a, const Vector& b, std::vector<double>& out) {
  const Index nb = b.size();
  out.resize(a.size() * static_cast<std::size_t>(nb));
  for (std::size_t i = 0; i < a.size(); ++i) {
    double* o = out.data() + static_cast<Index>(i) * nb;
    const double ai = a[i];
    for (Index j = 0; j < nb; ++j) o[j] = ai * b[j];
  }
}

}  // namespace pauca::kron
