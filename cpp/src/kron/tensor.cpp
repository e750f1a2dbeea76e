#include "pauca/kron/tensor.hpp"

#include <algorithm>

namespace pauca::kron {
namespace {

using ConstMap = Eigen::Map<const Matrix>;
using Map = Eigen::Map<Matrix>;

// Columns of the rest that one product takes at once: the packed panel stays in the cache, and small enough that
// Eigen packs it on the stack.
constexpr Index panel_bytes = 96 * 1024;

// out (+)= sign * a * x' (first mode) or x' * a' (last mode), for x holding d * width entries.
template <class Left, class Out, class In>
void accumulate(const Left& a, bool first, const In& x, Out&& out, double sign, bool add) {
  if (first) {
    if (!add) {
      out.noalias() = a * x.transpose();
    } else if (sign > 0) {
      out.noalias() += a * x.transpose();
    } else {
      out.noalias() -= a * x.transpose();
    }
  } else {
    if (!add) {
      out.noalias() = x.transpose() * a.transpose();
    } else if (sign > 0) {
      out.noalias() += x.transpose() * a.transpose();
    } else {
      out.noalias() -= x.transpose() * a.transpose();
    }
  }
}

// op(a) is given as two expressions; `conj` is -1 where the imaginary plane counts negative.
template <class Re, class Im>
void multiply_planes(const Re& are, const Im& aim, bool a_complex, double conj, bool first, const Tensor& in,
                     Tensor& out) {
  const Index r = are.rows(), d = are.cols(), rest = in.size() / d;
  out.resize(rest * r, in.is_complex() || a_complex);
  const Index width = std::max<Index>(16, panel_bytes / (static_cast<Index>(sizeof(double)) * d));
  for (Index from = 0; from < rest; from += width) {
    const Index w = std::min(width, rest - from);
    const auto run = [&](const auto& a, const Buffer& x, Buffer& o, double sign, bool add) {
      if (first) {
        accumulate(a, true, ConstMap(x.data(), rest, d).middleRows(from, w), Map(o.data(), r, rest).middleCols(from, w),
                   sign, add);
      } else {
        accumulate(a, false, ConstMap(x.data(), d, rest).middleCols(from, w),
                   Map(o.data(), rest, r).middleRows(from, w), sign, add);
      }
    };
    run(are, in.re, out.re, 1.0, false);
    if (in.is_complex()) run(are, in.im, out.im, 1.0, false);
    if (!a_complex) continue;
    if (in.is_complex()) {
      run(aim, in.im, out.re, -conj, true);
      run(aim, in.re, out.im, conj, true);
    } else {
      run(aim, in.re, out.im, 1.0, false);
    }
  }
  if (a_complex && !in.is_complex() && conj < 0) Eigen::Map<Vector>(out.im.data(), out.size()) *= -1.0;
}

void multiply(const Planes& a, Op op, bool first, const Tensor& in, Tensor& out) {
  if (op == Op::plain) {
    multiply_planes(a.re, a.im, a.is_complex(), 1.0, first, in, out);
  } else {
    multiply_planes(a.re.transpose(), a.im.transpose(), a.is_complex(), -1.0, first, in, out);
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

void outer(const Buffer& a, const Vector& b, Buffer& out) {
  const Index nb = b.size();
  out.resize(a.size() * static_cast<std::size_t>(nb));
  for (std::size_t i = 0; i < a.size(); ++i) {
    double* o = out.data() + static_cast<Index>(i) * nb;
    const double ai = a[i];
    for (Index j = 0; j < nb; ++j) o[j] = ai * b[j];
  }
}

}  // namespace pauca::kron
